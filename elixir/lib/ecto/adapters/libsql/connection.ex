if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.Connection do
    @moduledoc """
    What `Ecto.Adapters.SQL` needs of a database: SQL text, and the calls that run it.

    The text is made by the modules beside this one: `Ecto.Adapters.LibSql.QuerySql`,
    `Ecto.Adapters.LibSql.WriteSql`, `Ecto.Adapters.LibSql.Insert`, `Ecto.Adapters.LibSql.DDL` and
    `Ecto.Adapters.LibSql.Constraints`. It is run by `DBConnection` with `EctoLibSql` as protocol.
    """

    @behaviour Ecto.Adapters.SQL.Connection

    alias Ecto.Adapters.LibSql.{Catalogue, Constraints, DDL, DropTable, Insert, QuerySql, Rebuild}
    alias Ecto.Adapters.LibSql.{LongList, SelectColumns}
    alias Ecto.Adapters.LibSql.WriteSql

    @impl true
    def child_spec(options), do: DBConnection.child_spec(EctoLibSql, options)

    @impl true
    def prepare_execute(connection, name, statement, params, options) do
      query = query_struct(statement, name)
      params = LongList.parameters(statement, params)

      with {:ok, query, result} <-
             DBConnection.prepare_execute(connection, query, params, options) do
        {:ok, query, SelectColumns.decode(result, query.decoders)}
      end
    end

    @impl true
    def execute(connection, %{__struct__: _} = query, params, options) do
      with {:ok, query, result} <- DBConnection.execute(connection, query, params, options) do
        {:ok, query, SelectColumns.decode(result, query.decoders)}
      end
    end

    def execute(connection, statement, params, options) do
      query(connection, statement, params, options)
    end

    @impl true
    def query(connection, marker, _params, options) when is_tuple(marker) do
      with {:ok, _} <- write_first(connection, options), do: resolve(connection, marker, options)
    rescue
      error in EctoLibSql.Error -> {:error, error}
    end

    # A function that is given the connection: EctoLibSql.with_connection/3.
    def query(connection, %EctoLibSql.Call{} = call, params, options) do
      with {:ok, _call, result} <- DBConnection.execute(connection, call, params, options),
           do: {:ok, result}
    end

    def query(connection, statement, params, options) do
      query = query_struct(statement, "")
      params = LongList.parameters(statement, params)

      with {:ok, _query, result} <-
             DBConnection.prepare_execute(connection, query, params, options) do
        {:ok, SelectColumns.decode(result, query.decoders)}
      end
    end

    # What is to be done depends on what there is. In a transaction that has read, writing fails when
    # others have written since; so it writes before it reads.
    defp write_first(%DBConnection{} = connection, options) do
      if DBConnection.status(connection, options) == :transaction do
        lock = ["CREATE TABLE ecto_libsql_write_lock (x)", "DROP TABLE ecto_libsql_write_lock"]
        query_all(connection, lock, options, nil)
      else
        {:ok, nil}
      end
    end

    defp write_first(_pool, _options), do: {:ok, nil}

    defp resolve(connection, {kind, prefix, table, column, statements}, options)
         when kind in [:if_column, :unless_column] do
      {sql, params} = DDL.column_exists_query({prefix, table, column})

      with {:ok, %{rows: rows} = result} <- query(connection, sql, params, options) do
        wanted = if rows == [], do: :unless_column, else: :if_column

        if kind == wanted,
          do: query_all(connection, statements, options, result),
          else: {:ok, result}
      end
    end

    defp resolve(connection, {:rebuild, table, changes}, options) do
      :ok = Rebuild.run(connection, table, changes, &rows!(&1, &2, &3, options))
      {:ok, %EctoLibSql.Result{}}
    end

    defp resolve(connection, {:remove_column, table, name, statements}, options) do
      if Rebuild.needed_to_remove?(connection, table, name, &rows!(&1, &2, &3, options)),
        do: resolve(connection, {:rebuild, table, [{:remove, name}]}, options),
        else: query_all(connection, statements, options, %EctoLibSql.Result{})
    end

    defp resolve(pool, {:drop_table, table, statement}, options) do
      in_transaction(pool, options, fn connection ->
        catalogue = %Catalogue{run: &rows!(connection, &1, &2, options), prefix: table.prefix}
        :ok = DropTable.check!(catalogue, to_string(table.name))
        query(connection, statement, [], options)
      end)
    end

    defp resolve(connection, {:rename_index, prefix, name, new}, options) do
      {sql, params} = DDL.index_query({prefix, name})

      case query(connection, sql, params, options) do
        {:ok, %{rows: [[definition]]} = result} when is_binary(definition) ->
          query_all(connection, DDL.renamed_index({prefix, name}, definition, new), options, result)

        {:ok, _} ->
          {:error, EctoLibSql.Error.new(:sql, "there is no index #{name} to be renamed")}

        error ->
          error
      end
    end

    defp in_transaction(pool, options, work) do
      DBConnection.run(
        pool,
        fn connection ->
          if DBConnection.status(connection) == :transaction,
            do: work.(connection),
            else: transaction(connection, work)
        end,
        options
      )
    end

    defp transaction(connection, work) do
      DBConnection.transaction(
        connection,
        fn connection ->
          case work.(connection) do
            {:ok, result} -> result
            {:error, error} -> DBConnection.rollback(connection, error)
          end
        end,
        mode: :immediate
      )
    end

    defp rows!(connection, statement, params, options) do
      case query(connection, statement, params, options) do
        {:ok, %{rows: rows}} -> rows
        {:error, error} -> raise error
      end
    end

    defp query_all(connection, statements, options, result) do
      Enum.reduce_while(statements, {:ok, result}, fn statement, _ ->
        case query(connection, statement, [], options) do
          {:ok, _} = done -> {:cont, done}
          error -> {:halt, error}
        end
      end)
    end

    @impl true
    def query_many(connection, statement, params, options) do
      query = query_struct(statement, "")
      options = Keyword.put(options, :query_many, true)

      with {:ok, _query, results} <-
             DBConnection.prepare_execute(connection, query, params, options) do
        {:ok, List.wrap(results)}
      end
    end

    @impl true
    def stream(connection, statement, params, options) do
      params = LongList.parameters(statement, params)
      query = query_struct(statement, "")

      connection
      |> DBConnection.prepare_stream(query, params, options)
      |> Stream.map(&SelectColumns.decode(&1, query.decoders))
    end

    @impl true
    defdelegate to_constraints(exception, options), to: Constraints, as: :from_exception

    @impl true
    def all(query), do: query |> QuerySql.all() |> LongList.numbered()

    @impl true
    def update_all(query), do: query |> WriteSql.update_all() |> LongList.numbered()

    @impl true
    def delete_all(query), do: query |> WriteSql.delete_all() |> LongList.numbered()

    @impl true
    # Ecto 3.14 gives options too, which no statement of SQLite knows.
    def insert(prefix, table, header, rows, on_conflict, returning, placeholders, _options \\ []) do
      prefix
      |> Insert.insert(table, header, rows, on_conflict, returning, placeholders)
      |> LongList.numbered()
    end

    @impl true
    defdelegate update(prefix, table, fields, filters, returning), to: Insert

    @impl true
    defdelegate delete(prefix, table, filters, returning), to: Insert

    @doc """
    Explains a statement.

    `:type` is `:query_plan` (default: the plan as indented text) or `:instructions` (the engine's
    program as a list of maps). `format: :map` gives the plan as maps too.
    """
    @impl true
    def explain_query(connection, statement, params, options) do
      {type, options} = Keyword.pop(options, :type, :query_plan)
      {format, options} = Keyword.pop(options, :format, :text)

      if options[:analyze],
        do: raise(ArgumentError, "SQLite explains without running: it has no :analyze")

      case {type, format} do
        {:instructions, _} -> explain(connection, "EXPLAIN ", statement, params, options, &maps/1)
        {:query_plan, :map} -> explain_plan(connection, statement, params, options, &maps/1)
        {:query_plan, :text} -> explain_plan(connection, statement, params, options, &plan_text/1)
        other -> raise ArgumentError, "unknown :type and :format of explain: #{inspect(other)}"
      end
    end

    @doc """
    The statements of a migration's command.

    Some commands need a look at the table first; see `Ecto.Adapters.LibSql.DDL` for their markers.
    """
    @impl true
    defdelegate execute_ddl(command), to: DDL, as: :statements

    @impl true
    def ddl_logs(_result), do: []

    @impl true
    def table_exists_query(table) do
      {"SELECT 1 FROM sqlite_master WHERE type IN ('table', 'view') AND lower(name) = lower(?1) LIMIT 1",
       [table]}
    end

    # What there is to know of a statement, once for all its executions.
    defp query_struct(statement, name) do
      sql = IO.iodata_to_binary(statement)

      %EctoLibSql.Query{
        statement: sql,
        name: to_string(name),
        command: EctoLibSql.Command.detect(sql),
        decoders: SelectColumns.decoders(sql)
      }
    end

    defp explain_plan(connection, statement, params, options, format) do
      explain(connection, "EXPLAIN QUERY PLAN ", statement, params, options, format)
    end

    defp explain(connection, prefix, statement, params, options, format) do
      with {:ok, result} <- query(connection, [prefix, statement], params, options) do
        {:ok, format.(result)}
      end
    end

    defp maps(%{columns: columns, rows: rows}) do
      Enum.map(rows, fn row -> columns |> Enum.zip(row) |> Map.new() end)
    end

    # Each row is id, parent, unused, text.
    defp plan_text(%{rows: rows}) do
      {lines, _depths} =
        Enum.map_reduce(rows, %{0 => -1}, fn [id, parent, _, text], depths ->
          depth = Map.get(depths, parent, -1) + 1
          {String.duplicate("  ", depth) <> text, Map.put(depths, id, depth)}
        end)

      Enum.join(lines, "\n")
    end
  end
end
