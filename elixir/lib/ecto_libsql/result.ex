defmodule EctoLibSql.Result do
  @moduledoc """
  The result of a statement.

    * `:command` - `:select`, `:insert`, `:update`, `:delete`, `:create`, `:begin` ..., `:batch`, `:unknown`
    * `:columns` - the column names; nil for a statement that returns no rows
    * `:rows` - a list of lists; nil for a statement that returns no rows
    * `:num_rows` - the number of rows; for a statement that returns no rows, the number of changed rows
  """

  defstruct [:command, :columns, :rows, num_rows: 0]

  @type t :: %__MODULE__{
          command: atom,
          columns: [String.t()] | nil,
          rows: [[term]] | nil,
          num_rows: non_neg_integer
        }

  @doc """
  Creates a result from its fields. The command is `:other` if none is given.

      iex> EctoLibSql.Result.new(command: :select, columns: ["id"], rows: [[1]], num_rows: 1)
      %EctoLibSql.Result{command: :select, columns: ["id"], rows: [[1]], num_rows: 1}
      iex> EctoLibSql.Result.new([]).command
      :other
  """
  @spec new(keyword) :: t
  def new(fields), do: struct(%__MODULE__{command: :other}, fields)
end
