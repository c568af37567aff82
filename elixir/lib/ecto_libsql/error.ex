defmodule EctoLibSql.Error do
  @moduledoc """
  The error that the functions of this package return or raise.

    * `:message` - one line for people
    * `:kind` - an atom to match on: `:constraint`, `:busy`, `:timeout`, `:sql`, `:closed`, `:network` ...
    * `:code`, `:extended_code` - SQLite's result codes, or 0 if the error is not from SQLite
    * `:sql` - the statement, or nil
    * `:offset` - the byte offset in the statement at which SQLite found the error, or nil
    * `:constraint` - `%{kind:, table:, columns:, name:}`, or nil
    * `:http_status` - the HTTP status from a server, otherwise 0
    * `:outcome` - what became of the work: `:not_run`, `:undone`, `:stands` (all or some of its changes took
      effect) or `:unknown` (it may have run, and its changes may have taken effect)
    * `:sqlite` - `%{code: :error, message: message}` as in older versions, or nil

  ---

      iex> {:ok, state} = EctoLibSql.connect(database: ":memory:")
      iex> {:ok, _, _, state} =
      ...>   EctoLibSql.handle_execute("CREATE TABLE t(x CHECK (x > 0))", [], [], state)
      iex> {:error, error, _state} = EctoLibSql.handle_execute("INSERT INTO t VALUES (0)", [], [], state)
      iex> {error.kind, error.code, error.extended_code, error.constraint.kind}
      {:constraint, 19, 275, :check}
  """

  defexception [
    :message,
    :sqlite,
    :sql,
    :offset,
    :constraint,
    kind: :internal,
    code: 0,
    extended_code: 0,
    http_status: 0,
    outcome: :not_run
  ]

  @type t :: %__MODULE__{
          message: String.t(),
          kind: atom,
          code: non_neg_integer,
          extended_code: non_neg_integer,
          sql: String.t() | nil,
          offset: non_neg_integer | nil,
          constraint: map | nil,
          http_status: non_neg_integer,
          outcome: :not_run | :undone | :stands | :unknown,
          sqlite: map | nil
        }

  @doc false
  def from_native(
        {kind, code, extended_code, message, sql, offset, constraint, http_status, outcome}
      ) do
    %__MODULE__{
      kind: kind,
      code: code,
      extended_code: extended_code,
      message: message,
      sql: sql,
      offset: offset,
      constraint: constraint_map(constraint),
      http_status: http_status,
      outcome: outcome,
      sqlite: if(code != 0, do: %{code: :error, message: message})
    }
  end

  @doc false
  def new(kind, message), do: %__MODULE__{kind: kind, message: message}

  defp constraint_map(nil), do: nil

  defp constraint_map({kind, table, columns, name}),
    do: %{kind: kind, table: table, columns: columns, name: name}

  # Messages that programs written for 0.9 compare with.
  @texts %{
    "this is not a connection" => "Invalid connection ID",
    "this is not a statement" => "Statement not found",
    "the statement is closed" => "Statement not found",
    "this statement belongs to another connection" => "Statement does not belong to connection",
    "this is not a cursor" => "Cursor not found",
    "this cursor belongs to another connection" => "Cursor does not belong to connection",
    "there is no open transaction" => "No active transaction"
  }

  @doc false
  # The message as the functions of EctoLibSql.Native return it.
  def text(%__MODULE__{message: message}), do: Map.get(@texts, message, message)

  defimpl String.Chars do
    def to_string(error), do: error.message
  end

  @doc "Whether the error is a constraint violation."
  @spec constraint_violation?(t) :: boolean
  def constraint_violation?(%__MODULE__{kind: :constraint}), do: true

  def constraint_violation?(%__MODULE__{message: message}) when is_binary(message),
    do: String.contains?(message, "constraint failed")

  def constraint_violation?(_), do: false

  @doc "The name of the violated constraint, or of its first column if it has no name; nil if unknown."
  @spec constraint_name(t) :: String.t() | nil
  def constraint_name(%__MODULE__{constraint: %{name: name}}) when is_binary(name), do: name
  def constraint_name(%__MODULE__{constraint: %{columns: [column | _]}}), do: column

  def constraint_name(%__MODULE__{message: message}) when is_binary(message) do
    case Regex.run(~r/constraint failed: \w+\.(\w+)/, message) do
      [_, name] -> name
      nil -> nil
    end
  end

  def constraint_name(_), do: nil
end
