defmodule EctoLibSql.JSON do
  @moduledoc """
  SQLite's JSON functions. Each call runs one statement on a connection.

  JSON is passed as text, or as JSONB in a binary. Paths are written as in SQLite (`"$.a[0]"`). Values that
  are maps or lists are converted to JSON. The functions return `{:ok, value}` or
  `{:error, %EctoLibSql.Error{}}`.

      iex> {:ok, state} = EctoLibSql.connect(database: ":memory:")
      iex> EctoLibSql.JSON.extract(state, ~s({"a": [1, 2]}), "$.a[1]")
      {:ok, 2}
      iex> EctoLibSql.JSON.set(state, ~s({"a": 1}), "$.b", 2)
      {:ok, ~s({"a":1,"b":2})}
  """

  alias EctoLibSql.{Error, State}

  @doc "Returns the value at a path."
  def extract(%State{} = state, json, path),
    do: one(state, "SELECT json_extract(?, ?)", [json, path])

  @doc "Returns the type at a path in SQLite's words (`object`, `array`, `text` ...); nil if there is no value."
  def type(%State{} = state, json, path \\ "$"),
    do: one(state, "SELECT json_type(?, ?)", [json, path])

  @doc "Checks whether a text is valid JSON."
  def is_valid(%State{} = state, json) do
    with {:ok, valid} <- one(state, "SELECT json_valid(?)", [json]), do: {:ok, valid == 1}
  end

  @doc "Makes a JSON array of values."
  def array(%State{} = state, values) when is_list(values) do
    marks = Enum.map_join(values, ", ", &mark/1)
    one(state, "SELECT json_array(#{marks})", Enum.map(values, &argument/1))
  end

  @doc "Makes a JSON object from a flat list `[key, value, key, value ...]`."
  def object(%State{} = state, pairs) when is_list(pairs) do
    if rem(length(pairs), 2) == 0 do
      marks = Enum.map_join(pairs, ", ", &mark/1)
      one(state, "SELECT json_object(#{marks})", Enum.map(pairs, &argument/1))
    else
      {:error, {:invalid_arguments, "object/2 needs a value for every key"}}
    end
  end

  @doc "Returns the elements at a path as `[{key, value, type}]`."
  def each(%State{} = state, json, path \\ "$"),
    do: all(state, "SELECT key, value, type FROM json_each(?, ?)", [json, path])

  @doc "Returns the value at a path and everything below it as `[{full key, atom, type}]`."
  def tree(%State{} = state, json, path \\ "$"),
    do: all(state, "SELECT fullkey, atom, type FROM json_tree(?, ?)", [json, path])

  @doc "Converts JSON to text (`:json`) or to JSONB (`:jsonb`)."
  def convert(state, json, format \\ :json)
  def convert(%State{} = state, json, :json), do: one(state, "SELECT json(?)", [json])
  def convert(%State{} = state, json, :jsonb), do: one(state, "SELECT jsonb(?)", [json])

  def convert(%State{}, _json, format),
    do:
      {:error,
       Error.new(:invalid_argument, "#{inspect(format)} is not a JSON format: use :json or :jsonb")}

  @doc "Converts a value to JSON."
  def json_quote(%State{} = state, value),
    do: one(state, "SELECT json_quote(#{mark(value)})", [argument(value)])

  @doc "Removes the value at a path, or at each of several paths."
  def remove(%State{} = state, json, paths) do
    paths = List.wrap(paths)
    one(state, "SELECT json_remove(?#{String.duplicate(", ?", length(paths))})", [json | paths])
  end

  @doc "Sets the value at a path, whether or not there was one."
  def set(%State{} = state, json, path, value), do: change(state, "json_set", json, path, value)

  @doc "Replaces the value at a path if there is one."
  def replace(%State{} = state, json, path, value),
    do: change(state, "json_replace", json, path, value)

  @doc "Inserts a value at a path if there is none."
  def insert(%State{} = state, json, path, value),
    do: change(state, "json_insert", json, path, value)

  @doc "Applies a merge patch (RFC 7396)."
  def patch(%State{} = state, json, patch),
    do: one(state, "SELECT json_patch(?, ?)", [json, argument(patch)])

  @doc "Returns the length of the array, or the number of keys of the object, at a path; nil for anything else."
  def json_length(%State{} = state, json, path \\ "$") do
    one(
      state,
      "SELECT CASE json_type(?1, ?2) WHEN 'array' THEN json_array_length(?1, ?2) " <>
        "WHEN 'object' THEN (SELECT count(*) FROM json_each(?1, ?2)) END",
      [json, path]
    )
  end

  @doc "Returns the nesting depth: 1 for a value that is neither an array nor an object."
  def depth(%State{} = state, json) do
    one(
      state,
      """
      WITH RECURSIVE level(id, depth) AS (
        SELECT id, 1 FROM json_tree(?1) WHERE parent IS NULL
        UNION ALL
        SELECT t.id, level.depth + 1 FROM json_tree(?1) t JOIN level ON t.parent = level.id)
      SELECT max(depth) FROM level
      """,
      [json]
    )
  end

  @doc "Returns the keys of the object at a path as a JSON array; nil if there is no object."
  def keys(%State{} = state, json, path \\ "$") do
    one(
      state,
      "SELECT CASE json_type(?1, ?2) WHEN 'object' THEN " <>
        "(SELECT json_group_array(key) FROM json_each(?1, ?2)) END",
      [json, path]
    )
  end

  @doc """
  Returns the text of an SQL expression with SQLite's `->` or `->>`.

      iex> EctoLibSql.JSON.arrow_fragment("settings", "theme")
      "settings -> 'theme'"
      iex> EctoLibSql.JSON.arrow_fragment("settings", 0, :double_arrow)
      "settings ->> 0"
  """
  def arrow_fragment(column, path, operator \\ :arrow) do
    (is_binary(column) and column =~ ~r/\A[a-zA-Z_][a-zA-Z0-9_]*\z/) ||
      raise ArgumentError, "#{inspect(column)} is not a column name"

    operator =
      case operator do
        :arrow ->
          "->"

        :double_arrow ->
          "->>"

        other ->
          raise ArgumentError, "#{inspect(other)} is not an operator: use :arrow or :double_arrow"
      end

    "#{column} #{operator} #{step(path)}"
  end

  defp step(index) when is_integer(index), do: Integer.to_string(index)
  defp step(key) when is_binary(key), do: "'#{String.replace(key, "'", "''")}'"

  defp change(state, function, json, path, value),
    do: one(state, "SELECT #{function}(?, ?, #{mark(value)})", [json, path, argument(value)])

  # A map or list is passed as JSON, not as a quoted text.
  defp mark(%{__struct__: _}), do: "?"
  defp mark(value) when is_map(value) or is_list(value), do: "json(?)"
  defp mark(value) when is_boolean(value), do: "json(?)"
  defp mark(_), do: "?"

  defp argument(%{__struct__: _} = value), do: EctoLibSql.Query.encode_param(value, "SELECT")
  defp argument(value) when is_map(value) or is_list(value), do: encode!(value)
  defp argument(value) when is_boolean(value), do: to_string(value)
  defp argument(value), do: value

  defp one(state, sql, args) do
    with {:ok, [[value]]} <- run(state, sql, args), do: {:ok, value}
  end

  defp all(state, sql, args) do
    with {:ok, rows} <- run(state, sql, args), do: {:ok, Enum.map(rows, &List.to_tuple/1)}
  end

  defp run(state, sql, args) do
    case EctoLibSql.handle_execute(sql, args, [], state) do
      {:ok, _query, %{rows: rows}, _state} -> {:ok, rows}
      {_, error, _state} -> {:error, error}
    end
  end

  @doc false
  def encode!(value) do
    library = library()

    try do
      library.encode!(value)
    rescue
      error ->
        reraise ArgumentError,
                "the value cannot be converted to JSON: " <> Exception.message(error),
                __STACKTRACE__
    end
  end

  @doc false
  def decode(text), do: library().decode(text)

  defp library do
    library = Application.get_env(:ecto_libsql, :json_library, Jason)

    Code.ensure_loaded?(library) ||
      raise ArgumentError,
            "JSON needs a library, but #{inspect(library)} is not available: add it to the dependencies, or set `config :ecto_libsql, json_library:`"

    library
  end
end
