if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.ColumnDefinition do
    @moduledoc false
    # Column definitions of CREATE TABLE, ADD COLUMN and ALTER COLUMN.
    #
    # `Ecto.Adapters.LibSql` documents the options.

    alias Ecto.Adapters.LibSql.{Codec, ColumnType, DDL, References, TableOptions, Quoting}
    alias Ecto.Migration.{Reference, Table}
    require Logger

    @serial [:id, :serial, :bigserial, :identity]
    @counting @serial -- [:id]
    @known ~w(null default primary_key autoincrement unique collate collation check generated stored size precision
              scale comment after from start_value increment fields)a

    @doc "The column definitions and table constraints of CREATE TABLE."
    @spec table(Table.t(), [tuple], map) :: iodata
    def table(table, columns, options) do
      keys = for {:add, name, _type, opts} <- columns, opts[:primary_key], do: name

      for {:add, name, _type, opts} <- columns, opts[:autoincrement], options.random_rowid do
        TableOptions.exclusive!("RANDOM ROWID", "AUTOINCREMENT (on column #{inspect(name)})")
      end

      context = %{table: table, key: key_place(keys), options: options}

      definitions =
        for {:add, name, type, opts} <- columns, do: definition(context, name, type, opts)

      primary_key = if length(keys) > 1, do: [["PRIMARY KEY (", Quoting.names(keys), ?)]], else: []

      composite =
        for {:add, name, %Reference{with: [_ | _]} = reference, _} <- columns do
          References.of_table(reference, table, name)
        end

      Enum.intersperse(definitions ++ primary_key ++ composite, ", ")
    end

    @doc """
    The definition of a column that is added to a table or altered.

    `options` are the table options of CREATE TABLE, if they are known.
    """
    @spec added(Table.t(), atom, term, keyword, String.t()) :: iodata
    def added(table, name, type, opts, options \\ "") do
      definition(
        %{table: table, key: :alone, options: TableOptions.parse(options)},
        name,
        type,
        opts
      )
    end

    defp key_place([_, _ | _]), do: :with_others
    defp key_place(_), do: :alone

    defp definition(context, name, type, opts) do
      for {option, _} <- opts, option not in @known do
        DDL.unsupported!("the option #{inspect(option)} of the column #{name}")
      end

      declared = type_name(type, context.options.strict, opts)

      [
        [Quoting.name(name), ?\s, declared, reference(type, context.table, name)],
        [primary_key(context, type, opts), null(context, type, opts)],
        if(opts[:unique], do: " UNIQUE", else: []),
        [default(opts[:default], type, name, declared), generated(opts)],
        [collate(opts[:collation] || opts[:collate]), check(opts[:check], context.table, name)]
      ]
    end

    defp type_name(%Reference{type: type}, strict, opts), do: type_name(type, strict, opts)
    defp type_name(type, strict, opts), do: ColumnType.name(type, strict, opts)

    defp primary_key(%{key: :with_others}, _type, _opts), do: []

    defp primary_key(%{options: options}, type, opts) do
      cond do
        opts[:primary_key] in [nil, false] -> []
        opts[:autoincrement] -> " PRIMARY KEY AUTOINCREMENT"
        type in @counting and options.plain_rowid -> " PRIMARY KEY AUTOINCREMENT"
        true -> " PRIMARY KEY"
      end
    end

    # In SQLite, only an INTEGER PRIMARY KEY is implicitly NOT NULL. In other databases every key is, and Ecto could not
    # find a row whose key is NULL. A serial column in a composite key gets no value, because SQLite generates values
    # only for a single-column key; so it stays nullable.
    defp null(context, type, opts) do
      cond do
        opts[:null] == false -> " NOT NULL"
        opts[:null] == true or !opts[:primary_key] -> []
        context.key == :with_others and type in @serial -> []
        context.key == :alone and type_name(type, false, opts) == "INTEGER" -> []
        true -> " NOT NULL"
      end
    end

    # No default. In `modify`, this removes the existing one.
    defp default(none, _type, _name, _declared) when none in [nil, :null], do: []

    # A default of a decimal column that is given as an integer or a string.
    defp default(value, type, name, declared)
         when type in [:decimal, :numeric] and (is_integer(value) or is_binary(value)) do
      case Decimal.parse(to_string(value)) do
        {decimal, ""} ->
          default(decimal, type, name, declared)

        _ ->
          EctoLibSql.Decimals.refuse_default!(value, name)
      end
    end

    # A decimal with more digits than a number column keeps.
    defp default(%Decimal{} = value, type, name, declared) do
      case Codec.stored(value) do
        {:ok, {:decimal, text}} ->
          if ColumnType.text?(declared),
            do: [" DEFAULT " | Quoting.text(text)],
            else: EctoLibSql.Decimals.refuse!(text, "the column #{name}")

        _ ->
          [" DEFAULT " | default_sql(value, type, name)]
      end
    end

    defp default(value, type, name, _declared) do
      case default_sql(value, type, name) do
        {:none, why} ->
          Logger.warning("#{why}. The column #{name} is created without a default")
          []

        sql ->
          [" DEFAULT " | sql]
      end
    end

    defp default_sql(true, _, _), do: "1"
    defp default_sql(false, _, _), do: "0"

    # SQLite takes a single word without brackets as a text, unless it is a keyword such as CURRENT_TIMESTAMP.
    defp default_sql({:fragment, sql}, _, _) do
      if sql =~ ~r/\A[a-z_][a-z0-9_]*\z/i, do: sql, else: [?(, sql, ?)]
    end

    defp default_sql(value, _, _) when is_integer(value), do: Integer.to_string(value)
    defp default_sql(value, _, _) when is_float(value), do: Float.to_string(value)

    defp default_sql(value, :bitstring, _) when is_bitstring(value), do: Quoting.bits(value)

    defp default_sql(value, type, _) when is_binary(value) do
      cond do
        type in [:binary, :bitstring] or not String.valid?(value) -> Quoting.blob(value)
        String.contains?(value, <<0>>) -> [?(, Quoting.text(value), ?)]
        true -> Quoting.text(value)
      end
    end

    defp default_sql(value, _, _) when is_atom(value), do: unsupported_default(value)

    defp default_sql(value, _, _)
         when is_list(value) or (is_map(value) and not is_struct(value)) do
      stored_default(value)
    rescue
      ArgumentError ->
        kind = if is_list(value), do: "list", else: "map"
        {:none, "Failed to JSON encode #{kind} default value in migration: #{inspect(value)}"}
    end

    defp default_sql(value, _, _), do: stored_default(value)

    defp unsupported_default(value),
      do: {:none, "Unsupported default value type in migration: #{inspect(value)}"}

    # The default as a schema field would store it.
    defp stored_default(value) do
      case Codec.stored(value) do
        {:ok, {:blob, bytes}} ->
          Quoting.blob(bytes)

        {:ok, text} ->
          Quoting.text(text)

        :error ->
          unsupported_default(value)
      end
    end

    defp collate(nil), do: []
    defp collate(collation), do: [" COLLATE ", Quoting.name(collation)]

    defp generated(opts) do
      generated = opts[:generated]

      if generated && Keyword.has_key?(opts, :default) do
        raise ArgumentError, "generated columns cannot have a DEFAULT value (SQLite constraint)"
      end

      if generated && opts[:primary_key] do
        raise ArgumentError,
              "generated columns cannot be part of a PRIMARY KEY (SQLite constraint)"
      end

      cond do
        generated == nil ->
          []

        not is_binary(generated) ->
          DDL.unsupported!("generated: #{inspect(generated)}: write the SQL expression as a string")

        generated =~ ~r/^\s*AS\b/i ->
          [?\s, generated]

        generated =~ ~r/^\s*ALWAYS\b/i ->
          [" GENERATED ", generated]

        true ->
          [" GENERATED ALWAYS AS (", generated, ?), if(opts[:stored], do: " STORED", else: [])]
      end
    end

    # The check gets a name, so that a violation reports which check it was.
    defp check(nil, _, _), do: []

    defp check(sql, table, name) when is_binary(sql),
      do: check(sql, "#{table.name}_#{name}_check")

    defp check(%{name: name, expr: sql}, _, _), do: check(sql, name)

    defp check(options, table, name) when is_list(options) do
      check(options[:expr], options[:name] || "#{table.name}_#{name}_check")
    end

    defp check(other, _, name) do
      raise ArgumentError,
            "CHECK constraint expression must be a binary string, got: #{inspect(other)} (column #{name})"
    end

    defp check(sql, name), do: [" CONSTRAINT ", Quoting.name(name), " CHECK (", sql, ?)]

    defp reference(%Reference{with: []} = reference, table, column),
      do: References.of_column(reference, table, column)

    defp reference(_type, _table, _column), do: []
  end
end
