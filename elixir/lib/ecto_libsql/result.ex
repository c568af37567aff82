defmodule EctoLibSql.Result do
  @moduledoc """
  What a statement gave.

    * `:command` - `:select`, `:insert`, `:update`, `:delete`, `:create`, `:begin` ..., `:batch`, `:unknown`
    * `:columns` - names; nil for a statement without a result
    * `:rows` - a list of lists; nil for a statement without a result
    * `:num_rows` - the number of rows, for a statement without a result of those changed
  """

  defstruct [:command, :columns, :rows, num_rows: 0]

  @type t :: %__MODULE__{
          command: atom,
          columns: [String.t()] | nil,
          rows: [[term]] | nil,
          num_rows: non_neg_integer
        }

  @doc """
  A result from its fields; its command is `:other` when none is given.

      iex> EctoLibSql.Result.new(command: :select, columns: ["id"], rows: [[1]], num_rows: 1)
      %EctoLibSql.Result{command: :select, columns: ["id"], rows: [[1]], num_rows: 1}
      iex> EctoLibSql.Result.new([]).command
      :other
  """
  @spec new(keyword) :: t
  def new(fields), do: struct(%__MODULE__{command: :other}, fields)
end
