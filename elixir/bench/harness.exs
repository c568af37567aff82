defmodule Bench.Harness do
  @moduledoc """
  Runs contenders in turns and prints their times beside each other, in the form of the C++ bench.

  A sample runs in a process of its own, so that nobody's garbage is another's: as with a pool, it is
  not the process that opened the connection. Time is that of the clock, because a call's work is done
  by several threads. What counts is the median of the ratios of neighbouring samples.
  """

  @doc """
  Measures `{name, sample}` pairs, ours first: a sample does its work and gives ns per operation.

  Options: `:id`, `:name`, `:rounds` (9), `:target` of the ratio.
  """
  def compare([{_, ours} | peers], options) do
    contenders = [ours | Enum.map(peers, &elem(&1, 1))]
    rounds = Keyword.get(options, :rounds, 9)

    # The first round is not counted.
    [_ | samples] =
      for round <- 0..rounds do
        # Every second round in the other order: none always profits from what ran before it.
        if rem(round, 2) == 0,
          do: Enum.map(contenders, &alone/1),
          else: contenders |> Enum.reverse() |> Enum.map(&alone/1) |> Enum.reverse()
      end

    [ours | others] = Enum.zip_with(samples, & &1)
    line = "BENCH id=#{options[:id]} name=#{options[:name]}"

    if peers == [], do: IO.puts("#{line} ours_ns=#{ns(median(ours))}")

    for {{peer, _}, times} <- Enum.zip(peers, others) do
      ratio = ours |> Enum.zip_with(times, &(&1 / &2)) |> median()

      IO.puts(
        "#{line} peer=#{peer} ours_ns=#{ns(median(ours))} peer_ns=#{ns(median(times))} " <>
          "ratio=#{:erlang.float_to_binary(ratio, decimals: 3)}#{judged(ratio, options[:target])}"
      )
    end

    median(ours)
  end

  @doc "Nanoseconds per operation of `work`, which does `count` of them."
  def timed(count, work) do
    start = :erlang.monotonic_time(:nanosecond)
    work.()
    (:erlang.monotonic_time(:nanosecond) - start) / count
  end

  @doc "Calls `f` with 1 to `count`."
  def repeat(count, f), do: repeat(1, count, f)

  defp repeat(i, count, _f) when i > count, do: :ok

  defp repeat(i, count, f) do
    f.(i)
    repeat(i + 1, count, f)
  end

  @doc "Ends the bench unless `f` gives the same of both sides, or there is no second one."
  def same!([_], _f, _what), do: :ok

  def same!([ours, peer], f, what) do
    {ours, theirs} = {f.(ours), f.(peer)}

    unless ours == theirs do
      raise "#{what}: ours is not the peer's: #{inspect(ours, limit: 20)}, #{inspect(theirs, limit: 20)}"
    end
  end

  defp alone(sample), do: sample |> Task.async() |> Task.await(:infinity)

  defp judged(_ratio, nil), do: ""

  defp judged(ratio, target),
    do: " target=#{target} #{if ratio <= target, do: "met", else: "MISSED"}"

  defp median(values) do
    sorted = Enum.sort(values)
    middle = div(length(sorted), 2)

    if rem(length(sorted), 2) == 1,
      do: Enum.at(sorted, middle),
      else: (Enum.at(sorted, middle - 1) + Enum.at(sorted, middle)) / 2
  end

  defp ns(value), do: :erlang.float_to_binary(value / 1, decimals: 1)
end
