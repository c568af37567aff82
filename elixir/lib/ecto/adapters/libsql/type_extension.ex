if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  defmodule Ecto.Adapters.LibSql.TypeExtension do
    @moduledoc """
    How types are stored whose primitive type the adapter does not know.

        config :ecto_libsql, type_extensions: [MyApp.PointExtension]

    The extensions are asked in this order; the first that does not answer `nil` decides. A primitive type
    of which none knows anything is stored as it is. Those of Ecto are never asked for.
    """

    @doc "As `c:Ecto.Adapter.loaders/2`: what makes a stored value one of the type. `nil` if it is unknown."
    @callback loaders(primitive :: term, type :: term) ::
                [(stored :: term -> {:ok, term} | :error) | Ecto.Type.t()] | nil

    @doc "As `c:Ecto.Adapter.dumpers/2`: what makes a value of the type one to be stored. `nil` if it is unknown."
    @callback dumpers(primitive :: term, type :: term) ::
                [(term -> {:ok, stored :: term} | :error) | Ecto.Type.t()] | nil
  end
end
