if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  defmodule Ecto.Adapters.LibSql.Codec do
    @moduledoc false
    # Converts values between Ecto's types and their stored form. It also reads what other adapters have stored.

    alias Ecto.Adapters.LibSql.JSONB
    alias EctoLibSql.{Decimals, Times, TypeOptions}

    # Ecto's types whose values are stored and read unchanged.
    @plain [:id, :integer, :string]

    # For a type that the adapter does not know, the first extension that knows it decides.
    defp extended(callback, primitive, type) do
      :ecto_libsql
      |> Application.get_env(:type_extensions, [])
      |> Enum.find_value([type], &apply(&1, callback, [primitive, type]))
    end

    # --- dumping ---

    def dumpers(plain, type) when plain in @plain or plain == :float, do: [type]
    def dumpers(:any, type), do: [type, &untyped_out/1]
    def dumpers(:map, type), do: [&dumped_in_json(type, &1), &map_out/1]
    def dumpers({:map, _}, type), do: json_dumpers(type, :map_type)
    def dumpers({:array, _}, type), do: [&element_out(type, &1), &json_out(&1, :array_type)]
    def dumpers(:uuid, Ecto.UUID), do: [&raw_uuid/1, &uuid_out(&1, :uuid_type)]

    # A custom type that dumps through another type gets Ecto's form of the value. It is encoded only once, here.
    def dumpers(primitive, type) do
      if encode = encoder(primitive),
        do: [&Ecto.Type.dump(type, &1), encode],
        else: extended(:dumpers, primitive, type)
    end

    defp encoder(:binary), do: &blob/1
    defp encoder(:bitstring), do: &bitstring_out/1
    defp encoder(:boolean), do: &boolean_out/1
    defp encoder(:decimal), do: &decimal_out/1
    defp encoder(:binary_id), do: &uuid_out(&1, :binary_id_type)
    defp encoder(:uuid), do: &uuid_out(&1, :uuid_type)
    defp encoder(:date), do: &date_out/1
    defp encoder(time) when time in [:time, :time_usec], do: &time_out/1

    defp encoder(naive) when naive in [:naive_datetime, :naive_datetime_usec], do: &naive_out/1
    defp encoder(utc) when utc in [:utc_datetime, :utc_datetime_usec], do: &datetime_out/1

    defp encoder(:duration), do: &duration_out/1
    defp encoder(_primitive), do: nil

    @doc false
    # The stored form of a value whose type is known only from the value itself.
    def stored(%Decimal{} = value), do: decimal_out(value)
    def stored(%Date{} = value), do: date_out(value)
    def stored(%Time{} = value), do: time_out(value)
    def stored(%time{} = value) when time in [NaiveDateTime, DateTime], do: datetime_out(value)
    def stored(list) when is_list(list), do: json_out(list, :array_type)
    def stored(%{} = map) when not is_struct(map), do: json_out(map, :map_type)
    def stored(_value), do: :error

    # A list is marked; see Ecto.Adapters.LibSql.WrittenColumns.
    defp untyped_out(list) when is_list(list) do
      with {:ok, stored} <- json_out(list, :array_type), do: {:ok, {:list, stored}}
    end

    defp untyped_out(value), do: {:ok, value}

    defp blob(nil), do: {:ok, nil}
    defp blob(bytes), do: {:ok, {:blob, bytes}}

    defp bitstring_out(nil), do: {:ok, nil}

    # The first byte is the number of padding bits in the last byte.
    defp bitstring_out(bits) do
      padding = rem(8 - rem(bit_size(bits), 8), 8)
      {:ok, {:blob, <<padding, bits::bitstring, 0::size(padding)>>}}
    end

    defp boolean_out(nil), do: {:ok, nil}
    defp boolean_out(true), do: {:ok, 1}
    defp boolean_out(false), do: {:ok, 0}
    defp boolean_out(_), do: :error

    defp decimal_out(nil), do: {:ok, nil}

    # A decimal that a number column would round is marked; see Ecto.Adapters.LibSql.WrittenColumns.
    defp decimal_out(%Decimal{} = number) do
      case Decimals.text(number) do
        {:inexact, text} -> {:ok, {:decimal, text}}
        exact -> exact
      end
    end

    # Ecto.UUID.dump/1 accepts only text, and returns 16 bytes.
    defp raw_uuid(nil), do: {:ok, nil}
    defp raw_uuid(<<_::128>> = raw), do: {:ok, raw}
    defp raw_uuid(text), do: Ecto.UUID.dump(text)

    defp uuid_out(nil, _option), do: {:ok, nil}

    defp uuid_out(<<_::128>> = raw, option) do
      case TypeOptions.get(option) do
        :string -> Ecto.UUID.load(raw)
        :binary -> {:ok, {:blob, raw}}
      end
    end

    defp uuid_out(text, option) do
      case TypeOptions.get(option) do
        :string -> {:ok, text}
        :binary -> with {:ok, raw} <- Ecto.UUID.dump(text), do: {:ok, {:blob, raw}}
      end
    end

    defp date_out(nil), do: {:ok, nil}
    defp date_out(%Date{} = date), do: {:ok, Date.to_iso8601(date)}

    defp time_out(nil), do: {:ok, nil}
    defp time_out(%Time{} = time), do: {:ok, Time.to_iso8601(time)}

    defp datetime_out(nil), do: {:ok, nil}
    defp datetime_out(time), do: {:ok, Times.text(time)}

    # A custom type may dump a DateTime.
    defp naive_out(nil), do: {:ok, nil}
    defp naive_out(time), do: time |> Times.naive() |> datetime_out()

    defp duration_out(nil), do: {:ok, nil}
    defp duration_out(duration), do: {:ok, apply(Duration, :to_iso8601, [duration])}

    defp json_dumpers(type, option) do
      [&dumped_in_json(type, &1), &json_out(&1, option)]
    end

    # A custom type may already dump an object or array as JSON.
    defp map_out(<<c, _::binary>> = text) when c in [?{, ?[] do
      case {EctoLibSql.JSON.decode(text), TypeOptions.get(:map_type)} do
        {{:ok, _}, :string} -> {:ok, text}
        {{:ok, value}, :binary} -> json_out(value, :map_type)
        _ -> json_out(text, :map_type)
      end
    end

    defp map_out(value), do: json_out(value, :map_type)

    # Dumps an element of an array with the element type; a UUID becomes text.
    defp element_out({:array, _} = type, value), do: Ecto.Type.dump(type, value, &element_out/2)

    defp element_out(type, value) do
      case {Ecto.Type.type(type), dumped_in_json(type, value)} do
        {id, {:ok, <<_::128>> = raw}} when id in [:binary_id, :uuid] -> Ecto.UUID.load(raw)
        {_, dumped} -> dumped
      end
    end

    defp dumped_in_json(type, value),
      do: Ecto.Type.dump(type, value, &Ecto.Type.embedded_dump(&1, &2, :json))

    defp json_out(nil, _option), do: {:ok, nil}

    defp json_out(value, option) do
      case TypeOptions.get(option) do
        :string -> {:ok, EctoLibSql.JSON.encode!(value)}
        :binary -> {:ok, {:blob, JSONB.encode!(value)}}
      end
    end

    # --- loading ---

    def loaders(plain, type) when plain in @plain, do: [type]
    def loaders(:boolean, type), do: [&boolean_in/1, type]
    def loaders(:binary, type), do: [type]
    def loaders(:bitstring, type), do: [&bitstring_in/1, &Ecto.Type.load(type, &1)]
    def loaders(:decimal, type), do: [&decimal_in/1, type]
    def loaders(:float, type), do: [&float_in/1, type]
    def loaders(:binary_id, type), do: [&uuid_text_in/1, type]
    def loaders(:uuid, type), do: [&uuid_in(&1, type)]
    def loaders(:date, type), do: [&date_in/1, type]
    def loaders(time, type) when time in [:time, :time_usec], do: [&time_in/1, type]

    def loaders(naive, type) when naive in [:naive_datetime, :naive_datetime_usec],
      do: [&naive_in/1, type]

    def loaders(utc, type) when utc in [:utc_datetime, :utc_datetime_usec], do: [&utc_in/1, type]
    def loaders(:duration, type), do: [&duration_in/1, type]

    def loaders(:map, :map), do: [&json_in/1, :map]
    def loaders(:map, type), do: [&map_in(&1, type)]

    def loaders({:map, _}, {:parameterized, {Ecto.Embedded, _}} = type),
      do: [&json_in/1, &elements_in/1, &Ecto.Type.embedded_load(type, &1, :json)]

    def loaders({:map, _}, type), do: [&json_in/1, &loaded_from_json(type, &1)]
    def loaders({:array, _}, type), do: [&list_in/1, &array_in(&1, type)]
    def loaders(primitive, type), do: extended(:loaders, primitive, type)

    @doc false
    # Loads a computed value as its type; if it cannot be loaded, it is returned unchanged. See SelectColumns.
    def read(value, type) do
      [load | _] = loaders(type, type)

      case load.(value) do
        {:ok, value} -> value
        :error -> value
      end
    end

    # The loaders below also accept values that `read/2` has already loaded.

    defp boolean_in(value) when value in [1, true, "1", "true", "TRUE"], do: {:ok, true}
    defp boolean_in(value) when value in [0, false, "0", "false", "FALSE"], do: {:ok, false}
    defp boolean_in(nil), do: {:ok, nil}
    defp boolean_in(_), do: :error

    defp bitstring_in(nil), do: {:ok, nil}

    defp bitstring_in(<<padding, bits::binary>>) when padding < 8 and bit_size(bits) >= padding do
      size = bit_size(bits) - padding
      <<kept::bitstring-size(size), _::bitstring>> = bits
      {:ok, kept}
    end

    defp bitstring_in(_), do: :error

    defp decimal_in(nil), do: {:ok, nil}
    defp decimal_in(%Decimal{} = number), do: {:ok, number}
    defp decimal_in(number) when is_integer(number), do: {:ok, Decimal.new(number)}
    defp decimal_in(number) when is_float(number), do: {:ok, Decimal.from_float(number)}

    defp decimal_in(text) when is_binary(text), do: whole(Decimal.parse(text))

    defp float_in(number) when is_integer(number), do: {:ok, number * 1.0}

    # A text decimal column gives text.
    defp float_in(text) when is_binary(text), do: whole(Float.parse(text))

    # Repo.load/2 may be called with a Decimal.
    defp float_in(%Decimal{} = number), do: {:ok, Decimal.to_float(number)}
    defp float_in(other), do: {:ok, other}

    # A number, if nothing stands behind it.
    defp whole({number, ""}), do: {:ok, number}
    defp whole(_parsed), do: :error

    # Reads text and 16 bytes, whatever the option is now. A generated id, which Ecto also loads, is marked as a blob.
    defp uuid_text_in({:blob, raw}), do: uuid_text_in(raw)
    defp uuid_text_in(<<_::128>> = raw), do: Ecto.UUID.load(raw)
    defp uuid_text_in(text) when is_binary(text), do: {:ok, text}
    defp uuid_text_in(nil), do: {:ok, nil}
    defp uuid_text_in(_), do: :error

    defp uuid_in(nil, _type), do: {:ok, nil}
    defp uuid_in({:blob, raw}, type), do: uuid_in(raw, type)
    defp uuid_in(<<_::128>> = raw, type), do: Ecto.Type.load(type, raw)

    defp uuid_in(text, type) when is_binary(text) do
      with {:ok, raw} <- Ecto.UUID.dump(text), do: Ecto.Type.load(type, raw)
    end

    defp uuid_in(_, _), do: :error

    defp date_in(nil), do: {:ok, nil}
    defp date_in(%Date{} = date), do: {:ok, date}
    # Ecto gives the sum of a date and an interval the type of a date.
    defp date_in(%NaiveDateTime{} = time), do: {:ok, NaiveDateTime.to_date(time)}
    defp date_in(<<text::binary-size(10)>>), do: ok(Date.from_iso8601(text))
    # SQLite's functions may return a date with a time.
    defp date_in(<<text::binary-size(10), c, _::binary>>) when c in [?T, ?\s],
      do: ok(Date.from_iso8601(text))

    # A date before the year 0.
    defp date_in(<<?-, _::binary-size(10)>> = text), do: ok(Date.from_iso8601(text))
    defp date_in(_), do: :error

    defp time_in(nil), do: {:ok, nil}
    defp time_in(%Time{} = time), do: {:ok, time}
    defp time_in(text) when is_binary(text), do: ok(Time.from_iso8601(text))
    defp time_in(_), do: :error

    defp naive_in(nil), do: {:ok, nil}
    defp naive_in(%NaiveDateTime{} = time), do: {:ok, time}
    defp naive_in(%DateTime{} = time), do: {:ok, DateTime.to_naive(time)}

    defp naive_in(text) when is_binary(text) do
      case NaiveDateTime.from_iso8601(text) do
        {:ok, time} -> {:ok, time}
        {:error, _} -> with {:ok, date} <- date_in(text), do: midnight(date)
      end
    end

    defp naive_in(seconds) when is_integer(seconds) do
      with {:ok, time} <- ok(DateTime.from_unix(seconds)), do: {:ok, DateTime.to_naive(time)}
    end

    defp naive_in(_), do: :error

    # An offset is applied. Without an offset, the time is in UTC.
    defp utc_in(nil), do: {:ok, nil}
    defp utc_in(%DateTime{} = time), do: {:ok, time}
    defp utc_in(%NaiveDateTime{} = time), do: ok(DateTime.from_naive(time, "Etc/UTC"))

    defp utc_in(text) when is_binary(text) do
      case DateTime.from_iso8601(text) do
        {:ok, time, _offset} ->
          {:ok, time}

        {:error, _} ->
          with {:ok, naive} <- naive_in(text), do: ok(DateTime.from_naive(naive, "Etc/UTC"))
      end
    end

    defp utc_in(seconds) when is_integer(seconds), do: ok(DateTime.from_unix(seconds))
    defp utc_in(_), do: :error

    defp midnight(date), do: ok(NaiveDateTime.new(date, ~T[00:00:00]))

    defp duration_in(nil), do: {:ok, nil}
    defp duration_in(text) when is_binary(text), do: ok(apply(Duration, :from_iso8601, [text]))
    defp duration_in(_), do: :error

    # A type that dumps JSON may expect JSON when it loads.
    defp map_in(stored, type) do
      with {:ok, value} <- json_in(stored) do
        with :error when is_map(value) or is_list(value) <- load_map(type, value),
             do: load_map(type, EctoLibSql.JSON.encode!(value))
      end
    end

    # If the type has no clause for a value, it cannot load it.
    defp load_map(type, value) do
      load(type, value)
    rescue
      error in FunctionClauseError ->
        if error.function == :load and error.module == module(type),
          do: :error,
          else: reraise(error, __STACKTRACE__)
    end

    defp module({:parameterized, {module, _params}}), do: module
    defp module(type), do: type

    # Hand-written rows may contain an empty text for an empty list.
    defp list_in(""), do: {:ok, []}
    defp list_in(value), do: json_in(value)

    # SQL may have put an element into the array in the form of a column: an object as JSON text.
    defp array_in(list, {:array, _} = type) do
      with :error <- element_in(type, list), do: load(type, list)
    end

    defp array_in(list, type) do
      with :error <- loaded_from_json(type, list), do: load(type, list)
    end

    defp elements_in(list) when is_list(list) do
      elements =
        for element <- list do
          case json_in(element) do
            {:ok, value} -> value
            :error -> element
          end
        end

      {:ok, elements}
    end

    defp elements_in(other), do: {:ok, other}

    defp load(type, value),
      do: Ecto.Type.load(type, value, &Ecto.Type.adapter_load(Ecto.Adapters.LibSql, &1, &2))

    defp loaded_from_json(type, value),
      do: Ecto.Type.load(type, value, &Ecto.Type.embedded_load(&1, &2, :json))

    defp element_in({:array, _} = type, value), do: Ecto.Type.load(type, value, &element_in/2)

    defp element_in(type, value) do
      with true <- own?(type) and Ecto.Type.embed_as(type, :json) == :self,
           {:ok, value} <- Ecto.Type.adapter_load(Ecto.Adapters.LibSql, type, value) do
        {:ok, value}
      else
        # The value may be stored in the form of an embed.
        _ -> Ecto.Type.embedded_load(type, value, :json)
      end
    end

    defp own?({kind, _}), do: kind == :parameterized
    defp own?(type), do: not Ecto.Type.base?(type)

    defp json_in(text) when is_binary(text) do
      case EctoLibSql.JSON.decode(text) do
        {:ok, value} -> {:ok, value}
        # JSONB is never valid JSON text, so this is unambiguous.
        {:error, _} -> JSONB.decode(text)
      end
    end

    defp json_in(other), do: {:ok, other}

    defp ok({:ok, value}), do: {:ok, value}
    defp ok(_), do: :error
  end
end
