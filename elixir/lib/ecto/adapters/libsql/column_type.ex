if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  defmodule Ecto.Adapters.LibSql.ColumnType do
    @moduledoc false
    # The column types that the adapter declares for the types of a migration; its own documentation lists them.

    alias EctoLibSql.TypeOptions

    @integers [:id, :serial, :bigserial, :identity, :integer, :bigint]
    @texts [:string, :text, :duration]
    @times %{
      "DATE" => [:date],
      "TIME" => [:time, :time_usec],
      "DATETIME" =>
        [:naive_datetime, :naive_datetime_usec, :utc_datetime, :utc_datetime_usec] ++
          [:timestamp, :datetime]
    }

    @doc "The declared type of a column with these options; `strict` is whether the table is STRICT."
    @spec name(atom | String.t() | tuple, boolean, keyword) :: String.t()
    def name(type, strict \\ false, opts \\ [])

    def name(type, strict, opts) when type in [:decimal, :numeric] do
      cond do
        strict -> "TEXT"
        (opts[:precision] || 0) > 15 or TypeOptions.get(:decimal_type) == :text -> "DECIMAL_TEXT"
        true -> type |> Atom.to_string() |> String.upcase()
      end
    end

    def name(type, strict, _opts), do: name_of(type, strict)

    defp name_of(type, _) when type in @integers, do: "INTEGER"
    defp name_of(type, _) when type in @texts, do: "TEXT"
    defp name_of(type, _) when type in [:binary, :bitstring], do: "BLOB"
    defp name_of(:map, _), do: stored(:map_type)
    defp name_of({:map, _}, _), do: stored(:map_type)
    defp name_of({:array, _}, _), do: stored(:array_type)
    defp name_of(:array, _), do: stored(:array_type)
    defp name_of(:boolean, _), do: "INTEGER"

    for {declared, types} <- @times do
      defp name_of(type, strict) when type in unquote(types),
        do: if(strict, do: "TEXT", else: unquote(declared))
    end

    defp name_of(:float, _), do: "REAL"
    defp name_of(:binary_id, _), do: stored(:binary_id_type)
    defp name_of(:uuid, _), do: stored(:uuid_type)
    defp name_of(type, _) when is_atom(type), do: type |> Atom.to_string() |> String.upcase()
    defp name_of(type, _) when is_binary(type), do: type

    defp name_of(type, _) do
      raise ArgumentError, "SQLite does not support the column type #{inspect(type)}"
    end

    @doc "Whether a column of this declared type keeps a text of digits unchanged, by SQLite's affinity rules."
    @spec text?(String.t()) :: boolean
    def text?(declared) do
      cond do
        declared == "" -> true
        declared =~ ~r/INT/i -> false
        true -> declared =~ ~r/CHAR|CLOB|TEXT|BLOB/i
      end
    end

    @doc "Whether a column of this declared type is one for JSON: of texts or blobs, or by its name."
    @spec json?(String.t()) :: boolean
    def json?(declared), do: text?(declared) or declared =~ ~r/JSON|ARRAY|\AANY\z/i

    defp stored(option) do
      case TypeOptions.get(option) do
        :string -> "TEXT"
        :binary -> "BLOB"
      end
    end
  end
end
