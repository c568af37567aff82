defmodule EctoLibSql.Query do
  @moduledoc """
  A statement, as DBConnection passes it about.

      iex> to_string(%EctoLibSql.Query{statement: ["SELECT ", "1"]})
      "SELECT 1"

  Its arguments are a list for `?` and `?1`, or a map for `:name`, `@name` and `$name`. They are nil,
  booleans, integers, floats, texts, `{:blob, binary}`, dates, times, `Decimal`s, and maps, which are
  bound as JSON. `:prepared`, `:param_types` and `:type` are there for programs that read them.
  """

  defstruct [:statement, :name, :prepared, :param_types, type: :binary]

  @type t :: %__MODULE__{
          statement: iodata,
          name: String.t() | nil,
          prepared: nil,
          param_types: nil,
          type: :binary
        }

  @doc false
  # What the driver binds: dates, times and decimals as text, maps as JSON.
  def encode_param(value) when is_binary(value) or is_number(value) or is_boolean(value), do: value
  def encode_param(nil), do: nil
  def encode_param(:null), do: nil
  def encode_param(%DateTime{} = value), do: DateTime.to_iso8601(value)
  def encode_param(%NaiveDateTime{} = value), do: NaiveDateTime.to_iso8601(value)
  def encode_param(%Date{} = value), do: Date.to_iso8601(value)
  def encode_param(%Time{} = value), do: Time.to_iso8601(value)

  def encode_param(%{__struct__: Decimal} = value),
    do: apply(Decimal, :to_string, [value, :normal])

  def encode_param(%{__struct__: _} = value), do: value
  def encode_param(%{} = value), do: EctoLibSql.JSON.encode!(value)
  def encode_param(value), do: value

  @doc false
  # What is neither a list that ends nor a map is refused by the native part.
  def encode_params(params) when length(params) >= 0, do: Enum.map(params, &encode_param/1)

  def encode_params(%{} = params) when not is_struct(params),
    do: Map.new(params, fn {name, value} -> {name, encode_param(value)} end)

  def encode_params(params), do: params

  if Code.ensure_loaded?(DBConnection.Query) do
    defimpl DBConnection.Query do
      def parse(query, _opts), do: query
      def describe(query, _opts), do: query
      def encode(_query, params, _opts), do: EctoLibSql.Query.encode_params(params)
      def decode(_query, result, _opts), do: result
    end
  end

  defimpl String.Chars do
    def to_string(%{statement: statement}), do: IO.iodata_to_binary(statement)
  end
end
