defmodule EctoLibSql.MixProject do
  use Mix.Project

  # ECTO_DEPS names a folder of compiled applications (<app>/ebin) that take the place of Hex.
  for ebin <- Path.wildcard("#{System.get_env("ECTO_DEPS")}/*/ebin"), do: Code.prepend_path(ebin)

  def project do
    [
      app: :ecto_libsql,
      version: "0.1.0",
      elixir: "~> 1.14",
      deps: [],
      xref: [exclude: [DBConnection, Decimal, Ecto.QueryError, Ecto.Type]]
    ]
  end

  def application, do: [extra_applications: [:logger]]
end
