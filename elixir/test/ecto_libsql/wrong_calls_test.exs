defmodule EctoLibSql.WrongCallsTest do
  # Every public function of the modules in front of the native part, with terms of every kind.
  use ExUnit.Case, async: true

  @moduletag timeout: 1_800_000

  alias EctoLibSql.{Error, JSON, Native, Pragma, Query, State}
  alias EctoLibSql.Test.WrongTerms
  import EctoLibSql.Test.WrongTerms, only: [pick: 1]

  @calls 400

  # Made by `use` or of a pool: they are not for a connection.
  @others [start_link: 1, child_spec: 1]

  # They take the text of a statement that is anything: what SQLite says is of no interest here.
  @functions for module <- [EctoLibSql, Native, JSON, Pragma],
                 {name, arity} <- module.__info__(:functions),
                 {name, arity} not in @others,
                 do: {module, name, arity}

  # Wrong terms where a pattern or a guard says what is taken.
  @guards [FunctionClauseError, ArgumentError]

  for {module, name, arity} <- @functions do
    test "#{inspect(module)}.#{name}/#{arity}" do
      seed = ExUnit.configuration()[:seed]
      {module, name, arity} = {unquote(module), unquote(name), unquote(arity)}

      Task.async(fn ->
        :rand.seed(:exsss, seed)
        made = WrongTerms.prepare()
        for _ <- 1..@calls, do: one_call(module, name, arity, made, connection())
      end)
      |> Task.await(:infinity)
    end
  end

  defp connection do
    with nil <- Process.get(:state) do
      {:ok, state} = EctoLibSql.connect(database: ":memory:")
      Process.put(:state, state)
      state
    end
  end

  defp one_call(module, name, arity, made, state) do
    arguments = arguments(module, name, arity, made, state)

    try do
      apply(module, name, arguments)
    rescue
      error ->
        unless error.__struct__ in @guards,
          do: flunk(told(module, name, arguments, Exception.format(:error, error, __STACKTRACE__)))
    catch
      kind, reason -> flunk(told(module, name, arguments, {kind, reason}))
    else
      {:error, %Error{} = error} -> assert is_binary(Exception.message(error))
      {kind, %Error{}, _state} when kind in [:error, :disconnect] -> :ok
      {:error, fields} when is_tuple(fields) and module == EctoLibSql and name == :native -> :ok
      {:error, {reason, _}} when reason in [:invalid_identifier, :invalid_arguments] -> :ok
      {:error, %State{}} when name in [:handle_status, :handle_commit, :handle_rollback] -> :ok
      :error -> flunk(told(module, name, arguments, :error))
      _ -> :ok
    end

    assert_alive(state)
  end

  # The same connection works, unless it was closed, as it may be.
  defp assert_alive(state) do
    case EctoLibSql.handle_execute("SELECT 1", [], [], state) do
      {:ok, _, %{rows: [[1]]}, _} -> :ok
      {:disconnect, %Error{kind: :closed}, _} -> Process.delete(:state)
    end
  end

  defp told(module, name, arguments, outcome) do
    "#{inspect(module)}.#{name} of #{inspect(arguments, limit: 15, printable_limit: 100)} gave " <>
      if(is_binary(outcome), do: outcome, else: inspect(outcome))
  end

  defp arguments(EctoLibSql, :connect, 1, made, _state) do
    [
      pick([
        WrongTerms.any(made),
        [{pick([:database, :uri, :timeout, :busy_timeout, :sync, :other]), no_file(made)}],
        [database: ":memory:", busy_timeout: WrongTerms.any(made)],
        [{:database, ":memory:"} | WrongTerms.any(made)]
      ])
    ]
  end

  defp arguments(Native, :back_up, arity, made, state),
    do: List.update_at(anything(arity, made, state), 1, &no_place/1)

  defp arguments(_module, _name, arity, made, state), do: anything(arity, made, state)

  defp anything(arity, made, state) do
    for _ <- 1..arity//1 do
      case :rand.uniform(5) do
        1 ->
          state

        2 ->
          pick([%State{}, %{state | conn_id: WrongTerms.any(made)}, %{state | trx_id: make_ref()}])

        3 ->
          pick([
            "SELECT 1",
            "SELECT ?",
            [],
            %{},
            [1],
            1,
            %Query{statement: "SELECT 1"},
            [timeout: 10]
          ])

        _ ->
          WrongTerms.any(made)
      end
    end
  end

  # A text would be the name of a file.
  defp no_place(text) when is_binary(text), do: "/nowhere/" <> text
  defp no_place(other), do: other

  defp no_file(made) do
    case WrongTerms.any(made) do
      term when is_binary(term) or is_atom(term) or is_integer(term) -> ":memory:"
      term -> term
    end
  end
end
