if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  defmodule Ecto.Adapters.LibSql.DecimalColumns do
    @moduledoc false
    # A decimal of many digits is written into columns of texts only. Few are, so that a table is looked at
    # when one comes.

    alias Ecto.Adapters.LibSql.ColumnType
    alias EctoLibSql.{Command, Decimals}

    @doc "The fields of a row as they are written: see `Ecto.Adapters.LibSql.Codec`, which marks decimals."
    @spec write!(map, map, keyword) :: keyword
    def write!(meta, schema_meta, fields) do
      if Enum.any?(fields, &marked?/1) do
        texts = text_columns(meta, schema_meta)
        Enum.map(fields, &written!(&1, schema_meta.source, texts))
      else
        fields
      end
    end

    @doc "The same of rows."
    @spec write_all!(map, map, [keyword]) :: [keyword]
    def write_all!(meta, schema_meta, rows) do
      if any_marked?(rows) do
        texts = text_columns(meta, schema_meta)
        for row <- rows, do: Enum.map(row, &written!(&1, schema_meta.source, texts))
      else
        rows
      end
    end

    @doc "The fields that a row is found by."
    @spec compared(keyword) :: keyword
    def compared(filters) do
      Enum.map(filters, fn
        {field, {:decimal, text}} -> {field, text}
        filter -> filter
      end)
    end

    @doc "The parameters of a query. The text of an UPDATE says which columns may get a decimal."
    @spec update_all!(map, map, term, list) :: list
    def update_all!(meta, query_meta, prepared, params) do
      with wide when wide != nil <- Enum.find_value(params, &wide/1),
           sql = sql(prepared),
           :update <- Command.detect(sql),
           {source, _schema, prefix} <- elem(query_meta.sources, 0) do
        texts = text_columns(meta, %{source: source, prefix: prefix})

        for name <- decimals_set(sql), String.downcase(name) not in texts do
          Decimals.refuse!(wide, "the column #{name} of #{source}")
        end

        Enum.map(params, &(wide(&1) || &1))
      else
        _ -> params
      end
    end

    defp decimals_set(sql) do
      case Regex.run(~r{ SET /\* decimals: (.*?) \*/ }s, sql) do
        [_, names] -> String.split(names, ", ")
        nil -> []
      end
    end

    defp sql(prepared) do
      {_id, sql} = elem(prepared, tuple_size(prepared) - 1)
      if is_struct(sql), do: to_string(sql), else: IO.iodata_to_binary(sql)
    end

    # A value without a schema comes as it is.
    defp wide({:decimal, text}), do: text

    defp wide(%Decimal{} = decimal) do
      with {:inexact, text} <- Decimals.text(decimal), do: text, else: (_ -> nil)
    end

    defp wide(_param), do: nil

    defp any_marked?([[] | rows]), do: any_marked?(rows)
    defp any_marked?([[{_field, {:decimal, _}} | _] | _]), do: true
    defp any_marked?([[_ | row] | rows]), do: any_marked?([row | rows])
    defp any_marked?([]), do: false

    defp marked?({_field, {:decimal, _}}), do: true
    defp marked?(_), do: false

    defp written!({field, {:decimal, text}}, source, texts) do
      if String.downcase(to_string(field)) in texts,
        do: {field, text},
        else: Decimals.refuse!(text, "the column #{field} of #{source}")
    end

    defp written!(field, _source, _texts), do: field

    defp text_columns(meta, table) do
      for {name, type} <- columns(meta, table), ColumnType.text?(type), do: String.downcase(name)
    end

    # Without a prefix a temporary table hides one of the same name, as it does for the statement.
    defp columns(meta, %{source: source, prefix: prefix}) do
      {schema, params} = if prefix, do: {", ?2", [source, prefix]}, else: {"", [source]}
      sql = "SELECT name, type FROM pragma_table_xinfo(?1#{schema})"
      %{rows: rows} = Ecto.Adapters.SQL.query!(meta, sql, params, log: false)
      Enum.map(rows, &List.to_tuple/1)
    end
  end
end
