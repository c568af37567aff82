defmodule EctoLibSql.TypeOptions do
  @moduledoc false
  # How types are stored. These are application-wide (`config :ecto_libsql`), because Ecto does not pass a repo when
  # it asks about types. Ecto.Adapters.LibSql documents them.

  @options %{
    binary_id_type: [:string, :binary],
    uuid_type: [:string, :binary],
    map_type: [:string, :binary],
    array_type: [:string, :binary],
    datetime_type: [:iso8601, :text_datetime],
    decimal_type: [:numeric, :text]
  }

  @doc "The names of the options."
  @spec names() :: [atom]
  def names, do: Map.keys(@options)

  @doc "The value of an option. The first possible value is the default."
  @spec get(atom) :: atom
  def get(name) do
    [default | _] = known = Map.fetch!(@options, name)
    value = Application.get_env(:ecto_libsql, name, default)

    if value in known do
      value
    else
      raise ArgumentError,
            "config :ecto_libsql, #{name}: must be one of #{inspect(known)}, got: #{inspect(value)}"
    end
  end
end
