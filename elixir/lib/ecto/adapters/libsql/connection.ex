if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.Connection do
    @moduledoc false
    # Implements `Ecto.Adapters.SQL.Connection`: generates SQL and runs it.
    #
    # The other modules here generate the SQL and read errors: `Ecto.Adapters.LibSql.QuerySql`,
    # `Ecto.Adapters.LibSql.WriteSql`, `Ecto.Adapters.LibSql.Insert`, `Ecto.Adapters.LibSql.DDL` and
    # `Ecto.Adapters.LibSql.Constraints`. `DBConnection` runs it through `EctoLibSql`.

    @behaviour Ecto.Adapters.SQL.Connection

    alias Ecto.Adapters.LibSql.{
      Constraints,
      DDL,
      Insert,
      LongList,
      QuerySql,
      SelectColumns,
      WriteSql
    }

    @impl true
    def child_spec(options), do: DBConnection.child_spec(EctoLibSql, options)

    @impl true
    def prepare_execute(connection, name, statement, params, options) do
      query = query_struct(statement, name)
      # Ecto caches the query. The adapter decodes its rows, and never those of raw SQL.
      query = %{query | decoders: SelectColumns.decoders(query.statement)}
      params = LongList.parameters(statement, params)
      DBConnection.prepare_execute(connection, query, params, options)
    end

    @impl true
    def execute(connection, %{__struct__: _} = query, params, options),
      do: DBConnection.execute(connection, query, params, options)

    def execute(connection, statement, params, options) do
      query(connection, statement, params, options)
    end

    @impl true
    # Calls a function with the connection; see EctoLibSql.with_connection/3.
    def query(connection, %EctoLibSql.ConnectionCallback{} = call, params, options) do
      with {:ok, _call, result} <- DBConnection.execute(connection, call, params, options),
           do: {:ok, result}
    end

    def query(connection, statement, params, options) do
      query = query_struct(statement, "")
      params = LongList.parameters(statement, params)

      with {:ok, _query, result} <-
             DBConnection.prepare_execute(connection, query, params, alone(connection, options)),
           do: {:ok, result}
    end

    # If such a call begins a transaction, it has to end it too, because the connection returns to the pool.
    defp alone(%DBConnection{}, options), do: options
    defp alone(_pool, options), do: [{:alone, true} | options]

    @impl true
    def query_many(connection, statement, params, options) do
      query = query_struct(statement, "")
      options = Keyword.put(alone(connection, options), :query_many, true)

      with {:ok, _query, results} <-
             DBConnection.prepare_execute(connection, query, params, options) do
        {:ok, List.wrap(results)}
      end
    end

    @impl true
    def stream(connection, statement, params, options) do
      params = LongList.parameters(statement, params)
      DBConnection.prepare_stream(connection, query_struct(statement, ""), params, options)
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
    # Ecto 3.14 also passes options, which have no counterpart in SQLite.
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

    `:type` is `:query_plan` (the default) or `:instructions`, the engine's bytecode; both return lists of maps.
    `format: :text` returns the plan as indented text. `:analyze` is accepted but has no effect: SQLite explains a
    statement without running it.
    """
    @impl true
    def explain_query(connection, statement, params, options) do
      {type, options} = Keyword.pop(options, :type, :query_plan)
      {format, options} = Keyword.pop(options, :format, :map)

      options = Keyword.delete(options, :analyze)

      case {type, format} do
        {:instructions, _} ->
          explain(connection, type, statement, params, options, &maps/1)

        {:query_plan, :map} ->
          explain(connection, type, statement, params, options, &maps/1)

        {:query_plan, :text} ->
          explain(connection, type, statement, params, options, &plan_text/1)

        other ->
          raise ArgumentError,
                "cannot explain with this :type and :format: #{inspect(other)}. The :type is :query_plan (with :format :map or :text) or :instructions"
      end
    end

    @doc "The statement that explains another one; see `:type` in `explain_query/4`."
    @spec build_explain_query(iodata, :query_plan | :instructions) :: String.t()
    def build_explain_query(statement, :query_plan),
      do: IO.iodata_to_binary(["EXPLAIN QUERY PLAN ", statement])

    def build_explain_query(statement, :instructions),
      do: IO.iodata_to_binary(["EXPLAIN ", statement])

    @doc """
    The statements of a migration command, each as a binary.

    The adapter does not run these itself, because it handles differently what `ALTER TABLE` cannot do and what
    depends on the current schema. See `Ecto.Adapters.LibSql.Migrator`.
    """
    @impl true
    def execute_ddl(command) do
      for statement <- DDL.statements(command), do: statement |> DDL.text() |> IO.iodata_to_binary()
    end

    @impl true
    def ddl_logs(_result), do: []

    @impl true
    def table_exists_query(table) do
      {"SELECT 1 FROM sqlite_master WHERE type='table' AND name=?1 LIMIT 1", [table]}
    end

    # Everything that is known about a statement, determined once for all its executions.
    defp query_struct(statement, name) do
      sql = IO.iodata_to_binary(statement)

      %EctoLibSql.Query{
        statement: sql,
        name: to_string(name),
        command: EctoLibSql.Command.detect(sql)
      }
    end

    defp explain(connection, type, statement, params, options, format) do
      query = query_struct(build_explain_query(statement, type), "")
      params = LongList.parameters(statement, params)

      with {:ok, _query, result} <-
             DBConnection.prepare_execute(connection, query, params, options) do
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
