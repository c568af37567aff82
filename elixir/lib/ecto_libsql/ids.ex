defmodule EctoLibSql.Ids do
  @moduledoc false
  # Strings that identify native handles, for programs that open a connection with EctoLibSql.Native.connect/2. A
  # handle with a string lives until it or its connection is closed, or until the process that opened the
  # connection ends. Connections of EctoLibSql.connect/1, and the handles made from them, have no strings: they are
  # references, which are garbage-collected.

  use GenServer

  alias EctoLibSql.{Error, State}

  @table __MODULE__

  @doc "Makes the string of a connection that the calling process has opened."
  def of_connection(handle) do
    id = "connection-#{System.unique_integer([:positive])}"
    add(id, id, handle)
  end

  @doc "Makes the string of a connection's handle, or returns the handle if the connection has no string."
  def of(conn_id, handle) when is_binary(conn_id), do: add(conn_id, new(conn_id), handle)
  def of(_conn_id, handle), do: handle

  @doc "The handle that a string identifies; any other term is returned unchanged."
  def handle(id) when is_binary(id) do
    case :ets.whereis(@table) != :undefined && :ets.lookup(@table, id) do
      [{^id, handle}] -> handle
      _ -> id
    end
  end

  def handle(other), do: other

  @doc "The connection of a state."
  def conn(%State{conn_id: id}) when is_binary(id), do: handle(id)
  def conn(%State{conn_id: conn}), do: conn

  @doc "Forgets a string; for a connection, also the strings of everything that belongs to it."
  def forget(id),
    do: if(:ets.whereis(@table) != :undefined, do: GenServer.call(@table, {:forget, id}))

  @doc "Makes the identifier of a transaction on a connection."
  def of_transaction(conn_id) when is_binary(conn_id), do: new(conn_id)
  def of_transaction(conn_id), do: {conn_id, make_ref()}

  @doc "The connection that a transaction was begun on."
  def connection_of({conn_id, _}), do: {:ok, conn_id}

  def connection_of(transaction) when is_binary(transaction) do
    with [conn_id, _] <- String.split(transaction, "/"), true <- is_reference(handle(conn_id)) do
      {:ok, conn_id}
    else
      _ -> :error
    end
  end

  def connection_of(_transaction), do: :error

  @doc "Checks that a transaction, if there is one, belongs to this connection."
  @spec check_transaction(term, term) :: :ok | {:error, Error.t()}
  def check_transaction(nil, _conn_id), do: :ok
  def check_transaction({conn_id, _}, conn_id), do: :ok

  def check_transaction(transaction, conn_id) do
    case connection_of(transaction) do
      {:ok, ^conn_id} ->
        :ok

      {:ok, _} ->
        {:error, Error.new(:transaction, "Transaction does not belong to this connection")}

      :error ->
        {:error, Error.new(:transaction, "Transaction not found")}
    end
  end

  defp new(conn_id), do: "#{conn_id}/#{System.unique_integer([:positive])}"

  defp add(conn_id, id, handle) do
    if :ets.whereis(@table) == :undefined, do: GenServer.start(__MODULE__, [], name: @table)
    :ok = GenServer.call(@table, {:add, conn_id, id, handle})
    id
  end

  # --- the process that owns the table ---

  @impl true
  def init(_) do
    :ets.new(@table, [:named_table, :ordered_set, read_concurrency: true])
    {:ok, %{}}
  end

  @impl true
  def handle_call({:add, conn_id, id, handle}, {owner, _}, connections) do
    connections =
      if id == conn_id, do: Map.put(connections, id, Process.monitor(owner)), else: connections

    if is_map_key(connections, conn_id), do: :ets.insert(@table, {id, handle})
    {:reply, :ok, connections}
  end

  def handle_call({:forget, id}, _from, connections), do: {:reply, :ok, drop(connections, id)}

  @impl true
  def handle_info({:DOWN, monitor, _, _, _}, connections) do
    ended = for {id, ^monitor} <- connections, do: id
    {:noreply, Enum.reduce(ended, connections, &drop(&2, &1))}
  end

  defp drop(connections, id) do
    {monitor, connections} = Map.pop(connections, id)
    :ets.delete(@table, id)

    if monitor do
      Process.demonitor(monitor, [:flush])
      drop_parts(id <> "/", :ets.next(@table, id <> "/"))
    end

    connections
  end

  # The table is ordered, so the strings of a connection's parts follow that of the connection.
  defp drop_parts(prefix, id) do
    if is_binary(id) and String.starts_with?(id, prefix) do
      :ets.delete(@table, id)
      drop_parts(prefix, :ets.next(@table, id))
    end
  end
end
