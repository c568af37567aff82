defmodule EctoLibSql.BusyRetry do
  @moduledoc false
  # Waits for another connection's lock. The native code does not wait itself: a waiting call would occupy one of
  # the emulator's few dirty scheduler threads, and ten such calls would leave none for the holder of the lock.

  # Milliseconds between attempts, the same as SQLite's first delays.
  @delays {1, 2, 5, 10, 15, 20}
  @longest 25

  alias EctoLibSql.Nif

  @doc """
  Calls a native function with a timeout and returns its result. As long as the function returns `{:locked, most,
  interrupts, error}`, it is called again: until the lock is free, until `most` milliseconds (the busy timeout) or
  the timeout have passed, or until the connection is interrupted.
  """
  def wait(connection, timeout, call) do
    case call.(timeout) do
      {:locked, most, interrupts, error} ->
        wait = %{connection: connection, call: call, since: now(), timeout: timeout, most: most}
        again(Map.merge(wait, %{interrupts: interrupts, error: error}), 0)

      done ->
        done
    end
  end

  defp again(wait, tries) do
    left = left(wait.timeout, wait.since)
    rest = min(left(wait.most, wait.since), left)

    cond do
      left == 0 -> ended(wait.error, :timeout, "the timeout expired while waiting for a lock")
      rest == 0 -> wait.error
      true -> once_more(wait, tries, min(rest, delay(tries)))
    end
  end

  defp once_more(wait, tries, delay) do
    Process.sleep(delay)

    if Nif.interrupts(wait.connection) == wait.interrupts do
      case wait.call.(left(wait.timeout, wait.since)) do
        {:locked, _, _, _} -> again(wait, tries + 1)
        done -> done
      end
    else
      ended(wait.error, :interrupted, "interrupted while waiting for a lock")
    end
  end

  defp ended({:error, fields}, kind, text),
    do: {:error, fields |> put_elem(0, kind) |> put_elem(3, text)}

  # In Erlang's term order, an atom is greater than any number.
  defp left(:infinity, _since), do: :infinity
  defp left(time, since), do: max(time - div(now() - since, 1000), 0)

  # Randomised, so that many waiters do not all try at the same time.
  defp delay(tries) when tries < tuple_size(@delays), do: elem(@delays, tries)
  defp delay(_tries), do: @longest - :rand.uniform(10) + 1

  # In microseconds, because rounding to whole milliseconds would end a wait too early.
  defp now, do: System.monotonic_time(:microsecond)
end
