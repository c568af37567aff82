defmodule Ecto.Adapters.LibSql.TableOptions do
  @moduledoc false
  # The `options:` of a table in a migration, as a string or a keyword list.

  # `:primary_key` is an option of `table/2` itself, which some migrations repeat here.
  @known [:strict, :without_rowid, :random_rowid, :rtree, :primary_key]

  @doc """
  Parses the options, and returns them with their SQL for the end of CREATE TABLE.

  Raises `ArgumentError` for contradictory and unknown options.
  """
  @spec parse(nil | String.t() | keyword) :: %{
          sql: iodata,
          strict: boolean,
          rtree: boolean,
          random_rowid: boolean,
          plain_rowid: boolean
        }
  def parse(nil), do: parse([])

  def parse(text) when is_binary(text) do
    %{
      sql: [?\s, text],
      strict: text =~ ~r/\bSTRICT\b/i,
      rtree: false,
      random_rowid: text =~ ~r/\bRANDOM\s+ROWID\b/i,
      plain_rowid: not (text =~ ~r/\b(WITHOUT|RANDOM)\s+ROWID\b/i)
    }
  end

  def parse(options) when is_list(options) do
    for {key, value} <- options, key not in @known or not is_boolean(value) do
      raise ArgumentError,
            "SQLite does not support keyword lists in :options with #{inspect({key, value})}; " <>
              "use #{inspect(@known)}, each with true or false"
    end

    on = for {key, true} <- options, do: key
    if :rtree in on, do: rtree_alone!(Keyword.keys(options) -- [:rtree])
    if :without_rowid in on and :random_rowid in on, do: exclusive!("RANDOM ROWID", "WITHOUT ROWID")

    clauses =
      for {key, sql} <- [
            strict: "STRICT",
            without_rowid: "WITHOUT ROWID",
            random_rowid: "RANDOM ROWID"
          ],
          key in on,
          do: sql

    %{
      sql: if(clauses == [], do: [], else: [?\s, Enum.intersperse(clauses, ", ")]),
      strict: :strict in on,
      rtree: :rtree in on,
      random_rowid: :random_rowid in on,
      plain_rowid: :without_rowid not in on and :random_rowid not in on
    }
  end

  @doc "Raises `ArgumentError` because a table cannot have both options."
  @spec exclusive!(String.t(), String.t()) :: no_return
  def exclusive!(one, other) do
    raise ArgumentError,
          "#{one} and #{other} are mutually exclusive options (per libSQL specification)"
  end

  defp rtree_alone!([]), do: :ok

  defp rtree_alone!(others) do
    raise ArgumentError,
          "R*Tree virtual tables do not support standard table options. " <>
            "Found incompatible options: #{Enum.map_join(others, ", ", &inspect/1)}"
  end
end
