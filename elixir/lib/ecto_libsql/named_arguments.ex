defmodule EctoLibSql.NamedArguments do
  @moduledoc false
  # Fits named arguments to a statement after the native code has refused them: it accepts exactly those that the
  # statement has parameters for.

  alias EctoLibSql.Nif

  @doc """
  The arguments for which a statement, given as a handle or as SQL, has parameters.

  Returns `{:misfit, why}` if one is missing or a parameter has no name.
  """
  @spec fitted(reference, reference | String.t(), map) ::
          {:ok, map} | {:misfit, String.t()} | {:error, tuple}
  def fitted(conn, statement, args) do
    with {:ok, names} <- names(conn, statement), do: {:ok, fit!(args, names)}
  rescue
    error in ArgumentError -> {:misfit, error.message}
  end

  @doc "Whether a message is one of a misfit."
  @spec misfit?(String.t()) :: boolean
  def misfit?(message),
    do: String.starts_with?(message, ["Missing required parameters", "Cannot use named parameter"])

  @doc "The values of the arguments in the order of the parameters."
  @spec by_position(reference, reference | String.t(), map) :: list | {:error, tuple}
  def by_position(conn, statement, args) do
    with {:ok, names} <- names(conn, statement) do
      values = Map.new(fit!(args, names), fn {key, value} -> {text(key), value} end)
      Enum.map(names, &values[&1])
    end
  end

  defp names(conn, sql) when is_binary(sql) do
    with {:ok, statement} <- Nif.prepare(conn, sql) do
      try do
        names(conn, statement)
      after
        Nif.close_statement(statement)
      end
    end
  end

  defp names(conn, statement) do
    with {:ok, _columns, parameters} <- Nif.describe(conn, statement),
         do: {:ok, Enum.map(parameters, &name!/1)}
  end

  defp fit!(args, names) do
    fitted = for {key, value} <- args, text(key) in names, into: %{}, do: {key, value}
    given = for {key, _} <- fitted, do: text(key)

    with [_ | _] = missing <- names -- given do
      raise ArgumentError,
            "Missing required parameters: #{listed(missing)}. SQL requires: #{listed(names)}"
    end

    fitted
  end

  @doc "A parameter's name without its prefix; nil for `?` and `?1`."
  @spec bare(String.t() | nil) :: String.t() | nil
  def bare(<<prefix, name::binary>>) when prefix in [?:, ?@, ?$], do: name
  def bare(_), do: nil

  defp name!(parameter) do
    bare(parameter) ||
      raise ArgumentError,
            "Cannot use named parameter map with SQL that has positional parameters (?). " <>
              "Give the arguments as a list"
  end

  defp text(key) when is_atom(key), do: Atom.to_string(key)
  defp text(key), do: key

  defp listed(names), do: Enum.map_join(names, ", ", &":#{&1}")
end
