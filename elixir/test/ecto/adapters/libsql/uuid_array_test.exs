if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.UuidArrayTest do
    # Not async: the options of types are the application's.
    use Ecto.Adapters.LibSql.RepoCase

    defschema(Thing, "things",
      uuid: Ecto.UUID,
      key: :binary_id,
      uuids: {:array, Ecto.UUID},
      keys: {:array, :binary_id}
    )

    for uuid <- [:string, :binary], id <- [:string, :binary], array <- [:string, :binary] do
      test "uuid_type #{uuid}, binary_id_type #{id}, array_type #{array}" do
        configure(
          uuid_type: unquote(uuid),
          binary_id_type: unquote(id),
          array_type: unquote(array)
        )

        execute("CREATE TABLE things (id INTEGER PRIMARY KEY, uuid, key, uuids, keys)")

        [a, b, c] = for _ <- 1..3, do: Ecto.UUID.generate()
        thing = Repo.insert!(%Thing{uuid: a, key: b, uuids: [a, b], keys: [b, a]})
        Repo.insert!(%Thing{uuid: c, key: c, uuids: [], keys: nil})
        assert Repo.reload!(thing) == thing
        id = thing.id

        for query <- [
              from(t in Thing, where: ^b in t.uuids),
              from(t in Thing, where: ^a in t.keys),
              from(t in Thing, where: t.uuid in t.uuids),
              from(t in Thing, where: t.key in t.keys),
              from(t in Thing, where: t.uuid in ^[a, b]),
              from(t in Thing, where: t.key in ^[b]),
              from(t in Thing, where: t.uuids == ^[a, b]),
              from(t in Thing, where: type(^b, Ecto.UUID) in t.uuids)
            ] do
          assert Repo.all(from(t in query, select: t.id)) == [id]
        end

        assert Repo.all(from(t in Thing, where: ^c in t.uuids or ^c in t.keys)) == []

        Repo.update_all(Thing, push: [uuids: c, keys: c])
        assert Repo.get!(Thing, id) == %{thing | uuids: [a, b, c], keys: [b, a, c]}
        Repo.update_all(Thing, pull: [uuids: b, keys: a])
        assert Repo.get!(Thing, id) == %{thing | uuids: [a, c], keys: [b, c]}
      end
    end
  end
end
