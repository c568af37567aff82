if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.JsonElement do
    @moduledoc false
    # Converts values to the form that they have as elements of a JSON array, which cannot contain bytes.

    alias EctoLibSql.TypeOptions

    @doc "The SQL of a value of this type as an element; `:same` if it needs no conversion."
    @spec text(iodata, term) :: iodata | :same
    def text(sql, :binary), do: ["CAST(", sql, " AS TEXT)"]

    def text(sql, id) when id in [:binary_id, :uuid] do
      if TypeOptions.get(:"#{id}_type") == :binary, do: uuid(sql), else: :same
    end

    def text(_sql, _type), do: :same

    # The text of a UUID, from its 16 bytes.
    defp uuid(sql) do
      parts =
        for {from, size} <- [{1, 8}, {9, 4}, {13, 4}, {17, 4}, {21, 12}],
            do: ["substr(hex(", sql, "), #{from}, #{size})"]

      ["lower(", Enum.intersperse(parts, " || '-' || "), ")"]
    end
  end
end
