defmodule EctoLibSql.BusyRetry do
  @moduledoc false
  # Waiting for another connection's lock. Not in the native part: a call that waits there has one of the
  # emulator's few threads for that, and ten such calls would leave none to the one that has the lock.

  # Milliseconds between the tries, as SQLite has them at first.
  @delays {1, 2, 5, 10, 15, 20}
  @longest 25

  alias EctoLibSql.Nif

  @doc """
  The result of a native function that is given a timeout and may answer `{:locked, most, interrupts,
  error}`: it is called again until the lock is free, for `most` milliseconds (the busy timeout), until the
  timeout, or until the connection is interrupted.
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
      left == 0 -> ended(wait.error, :timeout, "the deadline has passed while it waited for a lock")
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

  # An atom is more than any number.
  defp left(:infinity, _since), do: :infinity
  defp left(time, since), do: max(time - div(now() - since, 1000), 0)

  # Not all at the same time, when there are many.
  defp delay(tries) when tries < tuple_size(@delays), do: elem(@delays, tries)
  defp delay(_tries), do: @longest - :rand.uniform(10) + 1

  # Finer than what it is compared with: whole milliseconds would end a wait before its time.
  defp now, do: System.monotonic_time(:microsecond)
end
