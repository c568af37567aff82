defmodule Bench.User do
  use Ecto.Schema

  schema "users" do
    field(:name, :string)
    field(:email, :string)
    field(:age, :integer)
    field(:score, :float)
  end
end

defmodule Bench.OurRepo do
  use Ecto.Repo, otp_app: :ecto_libsql, adapter: Ecto.Adapters.LibSql
end

if Code.ensure_loaded?(Ecto.Adapters.SQLite3) do
  defmodule Bench.PeerRepo do
    use Ecto.Repo, otp_app: :ecto_libsql, adapter: Ecto.Adapters.SQLite3
  end
end

defmodule Bench.RepoWorkloads do
  @moduledoc "Workloads through Ecto's Repo, beside ecto_sqlite3's; a pool of one connection each."

  import Bench.Harness
  import Ecto.Query, only: [from: 2]
  alias Bench.{User, Users}

  @gets 3000
  @inserts 3000
  @many 10_000

  def all do
    [
      {"E7", "repo_get", 0.8, 15, &get/1},
      {"E8", "repo_insert_in_transaction", 0.8, 15, &insert/1},
      {"E9", "repo_insert_all_10k", 0.8, 9, &insert_all/1},
      {"E10", "repo_all_100k", 0.8, 9, &all/1},
      {"E11", "repo_stream_100k", 0.8, 9, &stream/1}
    ]
  end

  def sides(folder) do
    repos = [{"ours", Bench.OurRepo}]

    repos =
      if Code.ensure_loaded?(Bench.PeerRepo),
        do: repos ++ [{"ecto_sqlite3", Bench.PeerRepo}],
        else: repos

    for {name, repo} <- repos do
      file = Path.join(folder, "#{name}_repo.db")

      {:ok, _} =
        repo.start_link([pool_size: 1, log: false, timeout: :infinity] ++ Users.settings(file))

      fill(repo)
    end

    same!(
      repos,
      &for(name <- Users.pragmas(), do: repo_rows(elem(&1, 1), "PRAGMA #{name}")),
      "settings"
    )

    same!(repos, fn {_, repo} -> plain(repo.all(from(u in User, order_by: u.id))) end, "repo_all")
    same!(repos, &plain(streamed(elem(&1, 1))), "repo_stream")
    repos
  end

  @doc "Runs one; `sides/1` has started the repositories."
  def run({id, name, target, rounds, sample}, repos) do
    contenders = for {peer, repo} <- repos, do: {peer, sample.(repo)}
    median = compare(contenders, id: id, name: name, target: target, rounds: rounds)
    if id in ~w(E8 E9), do: same!(repos, &plain(written(elem(&1, 1))), name)
    median
  end

  defp repo_rows(repo, sql), do: repo.query!(sql).rows
  defp plain(structs), do: Enum.map(structs, &Map.drop(&1, [:__meta__, :__struct__]))

  defp fill(repo) do
    repo.query!(Users.create())

    repo.transaction(fn ->
      for ids <- Enum.chunk_every(1..Users.count(), 5000) do
        repo.insert_all(User, Enum.map(ids, &Map.put(Users.fields(&1), :id, &1)))
      end
    end)
  end

  defp get(repo) do
    fn ->
      timed(@gets, fn ->
        repeat(@gets, fn i ->
          key = Users.scattered_key(i)
          %User{id: ^key} = repo.get(User, key)
        end)
      end)
    end
  end

  defp insert(repo) do
    users = for i <- 1..@inserts, do: struct(User, Users.fields(Users.count() + i))

    fn ->
      clear(repo)

      timed(@inserts, fn ->
        {:ok, _} = repo.transaction(fn -> Enum.each(users, &({:ok, %User{}} = repo.insert(&1))) end)
      end)
    end
  end

  # Three columns: SQLite takes 32,766 arguments.
  defp insert_all(repo) do
    rows = for i <- 1..@many, do: Map.take(Users.fields(i), [:name, :age, :score])

    fn ->
      clear(repo)
      timed(@many, fn -> {@many, nil} = repo.insert_all(User, rows) end)
    end
  end

  defp all(repo) do
    count = Users.count()

    fn ->
      clear(repo)
      timed(count, fn -> ^count = length(repo.all(User)) end)
    end
  end

  defp stream(repo) do
    count = Users.count()

    fn ->
      clear(repo)

      timed(count, fn ->
        {:ok, ^count} = repo.transaction(fn -> User |> repo.stream() |> Enum.count() end)
      end)
    end
  end

  defp streamed(repo) do
    {:ok, users} =
      repo.transaction(fn -> from(u in User, order_by: u.id) |> repo.stream() |> Enum.to_list() end)

    users
  end

  defp clear(repo), do: repo.query!("DELETE FROM users WHERE id > #{Users.count()}")
  defp written(repo), do: repo.all(from(u in User, where: u.id > ^Users.count(), order_by: u.id))
end
