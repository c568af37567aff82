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
      if Enum.any?(rows, fn row -> Enum.any?(row, &marked?/1) end) do
        texts = text_columns(meta, schema_meta)
        for row <- rows, do: Enum.map(row, &written!(&1, schema_meta.source, texts))
      else
        rows
      end
    end

    @doc "The parameters of a query. In an UPDATE any of them may be for any column of the table."
    @spec update_all!(map, map, term, list) :: list
    def update_all!(meta, query_meta, prepared, params) do
      with true <- Enum.any?(params, &marked?/1),
           :update <- prepared |> sql() |> Command.detect(),
           {source, _schema, prefix} <- elem(query_meta.sources, 0),
           table = %{source: source, prefix: prefix},
           true <-
             Enum.all?(columns(meta, table), fn {_, type} ->
               ColumnType.text?(type) or not (type =~ ~r/DEC|NUM/i)
             end) do
        Enum.map(params, fn
          {:decimal, text} -> text
          param -> param
        end)
      else
        _ -> params
      end
    end

    defp sql(prepared) do
      {_id, sql} = elem(prepared, tuple_size(prepared) - 1)
      if is_struct(sql), do: to_string(sql), else: IO.iodata_to_binary(sql)
    end

    defp marked?({_field, {:decimal, _}}), do: true
    defp marked?({:decimal, _}), do: true
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

    defp columns(meta, %{source: source, prefix: prefix}) do
      sql = "SELECT name, type FROM pragma_table_xinfo(?1, ?2)"
      %{rows: rows} = Ecto.Adapters.SQL.query!(meta, sql, [source, prefix || "main"], log: false)
      Enum.map(rows, &List.to_tuple/1)
    end
  end
end
