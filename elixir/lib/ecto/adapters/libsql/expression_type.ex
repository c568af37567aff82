if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.ExpressionType do
    @moduledoc """
    The types of expressions, as far as schemas, `values/2` and `type/2` tell.

    SQLite has them of values only. What is stored as text and is not ordered as one, decimals and times of
    several types, has to be known before it is compared.
    """

    alias Ecto.Adapters.LibSql.{Expression, QuerySql}

    # What these give of decimals is one.
    @of_decimals ~w(coalesce + - * / sum avg min max filter over first_value last_value nth_value lag lead)a

    @doc "The type of a field or of what has `type/2`, or `nil` for any other expression."
    @spec type(Macro.t(), tuple, Ecto.Query.t()) :: term
    def type({{:., _, [source, field]}, _, []}, sources, query) do
      {ix, sources} = locate(source, sources, query)
      field_type(elem(sources, ix), field)
    end

    def type(%Ecto.Query.Tagged{type: type}, _sources, _query), do: type
    def type(_expr, _sources, _query), do: nil

    @doc "Whether `expr` is of a decimal type, as far as its schemas tell."
    @spec decimal?(Macro.t(), tuple, Ecto.Query.t()) :: boolean
    def decimal?(%Decimal{}, _sources, _query), do: true
    def decimal?(%Ecto.Query.Tagged{type: :decimal}, _sources, _query), do: true

    def decimal?({operation, _, args}, sources, query)
        when operation in @of_decimals and is_list(args) do
      Enum.any?(args, &decimal?(&1, sources, query))
    end

    def decimal?({:selected_as, _, [name]}, sources, query) do
      case selected_as(name, query) do
        {:ok, expr} -> decimal?(expr, sources, query)
        :error -> false
      end
    end

    def decimal?(expr, sources, query), do: type(expr, sources, query) == :decimal

    @doc "The expression that `query` selects by a name of `selected_as/2`."
    @spec selected_as(atom, Ecto.Query.t()) :: {:ok, Macro.t()} | :error
    def selected_as(name, %{select: %{fields: [_ | _] = fields}}) do
      Enum.find_value(fields, :error, &(match?({^name, _}, &1) && {:ok, elem(&1, 1)}))
    end

    def selected_as(_name, _query), do: :error

    @doc "The type of a column, or `nil` where its source has no schema."
    @spec field_type(tuple, atom | String.t()) :: term
    def field_type({_, _, %Ecto.SubQuery{query: inner}}, field) do
      sources = QuerySql.sources(inner, [])

      expr =
        Enum.find_value(inner.select.fields, fn
          {key, expr} when is_atom(key) -> if key == field, do: expr
          {{:., _, [_, key]}, _, []} = expr -> if key == field, do: expr
          _ -> nil
        end)

      cond do
        expr == nil -> nil
        decimal?(expr, sources, inner) -> :decimal
        true -> type(expr, sources, inner)
      end
    end

    def field_type({_, _, {:values, types}}, field), do: Keyword.get(types, field)

    def field_type({_, _, schema}, field) when is_atom(schema) and not is_nil(schema) do
      Enum.find_value(schema.__schema__(:fields), fn name ->
        if schema.__schema__(:field_source, name) == field do
          schema.__schema__(:type, name) |> Ecto.Type.type()
        end
      end)
    end

    def field_type(_source, _field), do: nil

    @doc "Where a source is: its index, and the sources that it is one of."
    @spec locate(Macro.t(), tuple, Ecto.Query.t()) :: {non_neg_integer, tuple}
    def locate({:&, _, [ix]}, sources, _query), do: {ix, sources}
    def locate({:as, _, [name]}, sources, query), do: {Map.fetch!(query.aliases, name), sources}
    def locate({:parent_as, _, [name]}, _sources, query), do: QuerySql.parent(query, name)

    def locate(other, _sources, query),
      do: Expression.unsupported!(query, "fields of #{inspect(other)}")
  end
end
