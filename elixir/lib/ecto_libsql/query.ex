defmodule EctoLibSql.Query do
  @moduledoc """
  A statement, as DBConnection passes it about.

      iex> to_string(%EctoLibSql.Query{statement: ["SELECT ", "1"]})
      "SELECT 1"

  Its arguments are a list for `?` and `?1`, or a map for `:name`, `@name` and `$name`. They are nil,
  booleans, integers, floats, texts, atoms, which are bound as texts, `{:blob, binary}`, dates, times,
  `Decimal`s, and maps, which are bound as JSON. A list is refused: give its JSON, or its bytes as a blob.

  Times are texts in the form of `config :ecto_libsql, datetime_type:` (see `Ecto.Adapters.LibSql`), in UTC.
  A `Decimal` is a text; one that a column of numbers would round is refused by a statement that writes.
  Give it as a text, or as a field of a schema, whose column is looked at.

  `:prepared`, `:param_types` and `:type` are there for programs that read them.
  """

  alias EctoLibSql.{Command, Decimals, Times, TypeOptions}

  defstruct [:statement, :name, :prepared, :param_types, :command, :decoders, type: :binary]

  @type t :: %__MODULE__{
          statement: iodata,
          name: String.t() | nil,
          prepared: nil,
          param_types: nil,
          command: atom | nil,
          decoders: list | nil,
          type: :binary
        }

  @doc false
  # What the driver binds; the statement is nil where it is not known, which may write.
  def encode_param(value, _sql) when is_binary(value) or is_number(value), do: value
  def encode_param(value, _sql) when is_boolean(value), do: if(value, do: 1, else: 0)

  def encode_param(nil, _sql), do: nil
  def encode_param(:null, _sql), do: nil
  def encode_param({:decimal, text}, sql), do: inexact(text, sql)

  def encode_param(%time{} = value, _sql) when time in [DateTime, NaiveDateTime],
    do: Times.text(value)

  def encode_param(%Date{} = value, _sql), do: Date.to_iso8601(value)
  def encode_param(%Time{} = value, _sql), do: Time.to_iso8601(value)

  def encode_param(%{__struct__: Decimal} = value, sql) do
    case Decimals.text(value) do
      {:ok, text} -> text
      {:inexact, text} -> inexact(text, sql)
    end
  end

  def encode_param(%{__struct__: _} = value, _sql), do: value
  def encode_param(%{} = value, _sql), do: EctoLibSql.JSON.encode!(value)

  def encode_param(value, _sql) when is_atom(value) and value not in [:infinity, :neg_infinity],
    do: Atom.to_string(value)

  def encode_param(value, _sql), do: value

  defp inexact(text, sql) do
    if TypeOptions.get(:decimal_type) == :text or
         (sql != nil and Command.detect(sql) in [:select, :delete]),
       do: text,
       else: Decimals.refuse_unseen!(text)
  end

  @doc false
  # What is neither a list that ends nor a map is refused by the native part.
  def encode_params(params, sql) when length(params) >= 0, do: encode_list(params, sql)

  def encode_params(%{} = params, sql) when not is_struct(params),
    do: Map.new(params, fn {name, value} -> {name, encode_param(value, sql)} end)

  def encode_params(params, _sql), do: params

  defp encode_list([value | rest], sql) when is_binary(value) or is_number(value),
    do: [value | encode_list(rest, sql)]

  defp encode_list([value | rest], sql), do: [encode_param(value, sql) | encode_list(rest, sql)]
  defp encode_list([], _sql), do: []

  if Code.ensure_loaded?(DBConnection.Query) do
    defimpl DBConnection.Query do
      def parse(query, _opts), do: query
      def describe(query, _opts), do: query

      def encode(%{statement: statement}, params, _opts),
        do: EctoLibSql.Query.encode_params(params, IO.iodata_to_binary(statement))

      def decode(_query, result, _opts), do: result
    end
  end

  defimpl String.Chars do
    def to_string(%{statement: statement}), do: IO.iodata_to_binary(statement)
  end
end
