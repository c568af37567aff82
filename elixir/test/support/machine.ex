defmodule EctoLibSql.Test.Machine do
  @moduledoc "What tests ask of the machine: files, threads, memory, and whether something comes true."

  @doc "Waits until `f` is truthy, and returns that; fails after `limit` milliseconds."
  def eventually(f, limit \\ 60_000) do
    wait(f, System.monotonic_time(:millisecond) + limit, limit)
  end

  defp wait(f, until, limit) do
    cond do
      found = f.() ->
        found

      System.monotonic_time(:millisecond) > until ->
        raise ExUnit.AssertionError, message: "it did not come true in #{limit} ms"

      true ->
        Process.sleep(2)
        wait(f, until, limit)
    end
  end

  @doc "The result of `f` and how many milliseconds it took."
  def timed(f) do
    {microseconds, result} = :timer.tc(f)
    {result, div(microseconds, 1000)}
  end

  @doc "A folder of its own, which is removed with the test."
  def folder! do
    name = "ecto_libsql_#{System.pid()}_#{System.unique_integer([:positive])}"
    folder = Path.join(System.tmp_dir!(), name)
    File.mkdir_p!(folder)
    ExUnit.Callbacks.on_exit(fn -> File.rm_rf!(folder) end)
    folder
  end

  @doc "The files that this emulator has open."
  def files do
    for fd <- File.ls!("/proc/self/fd"),
        {:ok, path} <- [File.read_link("/proc/self/fd/#{fd}")],
        do: path
  end

  @doc "How many threads this emulator has."
  def threads, do: length(File.ls!("/proc/self/task"))

  @doc "The memory of this emulator that is in RAM, in MiB."
  def memory do
    [_, kib] = Regex.run(~r/VmRSS:\s+(\d+) kB/, File.read!("/proc/self/status"))
    String.to_integer(kib) / 1024
  end

  @doc "Whether a process runs a native function now."
  def in_native?(pid) do
    match?(
      {:current_function, {EctoLibSql.Nif, _, _}},
      Process.info(pid, :current_function)
    )
  end
end
