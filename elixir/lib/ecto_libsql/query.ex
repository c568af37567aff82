defmodule EctoLibSql.Query do
  @moduledoc """
  A statement, as DBConnection passes it to the callbacks.

      iex> to_string(%EctoLibSql.Query{statement: ["SELECT ", "1"]})
      "SELECT 1"

  The arguments are a list for `?` and `?1`, or a map for `:name`, `@name` and `$name`. An argument can be nil, a
  boolean, an integer, a float, a string, an atom (bound as text), `{:blob, binary}`, a date, a time, a `Decimal`,
  or a map (bound as JSON). A list is refused: pass its JSON, or its bytes as a blob.

  Times are bound as text in UTC, in the format that `config :ecto_libsql, datetime_type:` sets (see
  `Ecto.Adapters.LibSql`). A `Decimal` is bound as text. A statement that writes refuses a `Decimal` that a number
  column would round. Pass it as a string, or write it through a schema field, for which the adapter checks the column.

  `:prepared`, `:param_types` and `:type` exist only for programs that read them.
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
  # Converts an argument to what the driver binds. `sql` is nil if the statement is unknown and so may write.
  def encode_param(value, _sql) when is_binary(value) or is_number(value), do: value
  def encode_param(value, _sql) when is_boolean(value), do: if(value, do: 1, else: 0)

  def encode_param(nil, _sql), do: nil
  def encode_param(:null, _sql), do: nil
  def encode_param({:decimal, text}, sql), do: inexact(text, sql)
  # The JSON of a list; see Ecto.Adapters.LibSql.WrittenColumns.
  def encode_param({:list, stored}, _sql), do: stored

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
  # The native code refuses anything that is neither a proper list nor a map.
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
