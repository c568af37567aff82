if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  defmodule Ecto.Adapters.LibSql.TypeExtension do
    @moduledoc """
    A behaviour that defines how to store primitive types that the adapter does not know.

        config :ecto_libsql, type_extensions: [MyApp.PointExtension]

    The adapter asks the extensions in this order; the first that does not return `nil` decides. If no extension
    knows a primitive type, its values are stored unchanged. Extensions are never asked about Ecto's own types.
    """

    @doc "Converts stored values to the type, like `c:Ecto.Adapter.loaders/2`; `nil` if the type is unknown."
    @callback loaders(primitive :: term, type :: term) ::
                [(stored :: term -> {:ok, term} | :error) | Ecto.Type.t()] | nil

    @doc "Converts values of the type to stored ones, like `c:Ecto.Adapter.dumpers/2`; `nil` if it is unknown."
    @callback dumpers(primitive :: term, type :: term) ::
                [(term -> {:ok, stored :: term} | :error) | Ecto.Type.t()] | nil
  end
end
