if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.ParameterizedTypeTest do
    use Ecto.Adapters.LibSql.RepoCase, async: true

    defmodule Wrapped do
      @moduledoc "A value in a tuple; it is stored as another type stores it."
      use Ecto.ParameterizedType

      def init(options), do: Map.new(options)
      def type(%{of: type}), do: Ecto.Type.type(type)
      def cast(value, _), do: {:ok, value}

      def dump(nil, _dumper, _), do: {:ok, nil}
      def dump({:wrapped, value}, dumper, %{of: type}), do: dumper.(type, value)

      def load(nil, _loader, _), do: {:ok, nil}

      def load(stored, loader, %{of: type}),
        do: with({:ok, value} <- loader.(type, stored), do: {:ok, {:wrapped, value}})
    end

    defmodule Cents do
      @moduledoc "An amount that is stored as its number."
      use Ecto.Type
      defstruct [:number]

      def type, do: :integer
      def cast(%__MODULE__{} = cents), do: {:ok, cents}
      def cast(_), do: :error
      def dump(%__MODULE__{number: number}), do: {:ok, number}
      def load(number) when is_integer(number), do: {:ok, struct!(__MODULE__, number: number)}
      def load(_), do: :error
    end

    @id "0189a9c5-7a3c-7d5e-8c1a-0123456789ab"
    @values [
      {:string, "a"},
      {:integer, 1},
      {:boolean, true},
      {:binary, <<1, 255>>},
      {:bitstring, <<5::3>>},
      {:decimal, Decimal.new("1.5")},
      {:binary_id, @id},
      {Ecto.UUID, @id},
      {:date, ~D[2020-01-01]},
      {:time, ~T[10:00:00]},
      {:time_usec, ~T[10:00:00.000001]},
      {:utc_datetime, ~U[2020-01-01 00:00:00Z]},
      {:naive_datetime_usec, ~N[2020-01-01 00:00:00.000001]},
      {:map, %{"a" => %{"b" => [1, nil]}}},
      {{:map, :integer}, %{"a" => 1}},
      {{:array, :string}, ["a", "b"]}
    ]

    test "a type that is stored by means of another one is stored as that" do
      for {type, value} <- @values do
        wrapped = Ecto.ParameterizedType.init(Wrapped, of: type)
        rows = rows("SELECT ?1, typeof(?1)", [dumped(type, value)])

        assert {type, rows("SELECT ?1, typeof(?1)", [dumped(wrapped, {:wrapped, value})])} ==
                 {type, rows}

        [[stored, _]] = rows
        assert {type, loaded(wrapped, stored)} == {type, {:wrapped, value}}
      end
    end

    test "a map is stored as JSON" do
      stored = dumped(Ecto.ParameterizedType.init(Wrapped, of: :map), {:wrapped, %{"text" => "a"}})
      assert rows("SELECT ?1 ->> '$.text'", [stored]) == [["a"]]
    end

    test "the elements of an array are what their type dumps" do
      enum = Ecto.ParameterizedType.init(Ecto.Enum, values: [a: 1, b: 2])
      dates = Ecto.ParameterizedType.init(Wrapped, of: :date)
      ids = Ecto.ParameterizedType.init(Wrapped, of: Ecto.UUID)

      for {type, values, json} <- [
            {Cents, [struct!(Cents, number: 150), nil], "[150,null]"},
            {{:array, Cents}, [[struct!(Cents, number: 1)], []], "[[1],[]]"},
            {enum, [:b, :a], "[2,1]"},
            {dates, [wrapped: ~D[2020-01-01]], ~S(["2020-01-01"])},
            {ids, [wrapped: @id], ~s(["#{@id}"])},
            {Ecto.UUID, [@id], ~s(["#{@id}"])},
            {:boolean, [true, false], "[true,false]"},
            {:utc_datetime, [~U[2020-01-01 00:00:00Z]], ~S(["2020-01-01T00:00:00Z"])}
          ] do
        assert dumped({:array, type}, values) == json
        assert loaded({:array, type}, json) == values
      end

      assert loaded({:array, enum}, ~S(["a"])) == [:a]
    end

    test "a type over :binary_id loads what is stored, as text or as bytes" do
      type = Ecto.ParameterizedType.init(Wrapped, of: :binary_id)
      for stored <- [@id, Ecto.UUID.dump!(@id)], do: assert(loaded(type, stored) == {:wrapped, @id})
    end

    defp dumped(type, value) do
      {:ok, stored} = Ecto.Type.adapter_dump(Ecto.Adapters.LibSql, type, value)
      stored
    end

    defp loaded(type, stored) do
      {:ok, value} = Ecto.Type.adapter_load(Ecto.Adapters.LibSql, type, stored)
      value
    end
  end
end
