defmodule EctoLibSql.OptionValues do
  @moduledoc false
  # What each option may be, and where it means something; see EctoLibSql.Options.

  # The largest number of SQLite's settings of 32 bits, and the longest time in milliseconds.
  @int 2_147_483_647
  @int64 9_223_372_036_854_775_807
  # SQLITE_MAX_MMAP_SIZE
  @largest_map 0x7FFF0000

  # Which databases an option is for: all (`:any`), those on a `:server`, those in a `:file`, `:replica`s, which are
  # both, or those in `:memory`.
  @table [
    database: {:any, :database},
    uri: {:any, :uri},
    auth_token: {:server, :token},
    namespace: {:server, :text},
    connect_timeout: {:server, {:integer, 1..@int}},
    ca_file: {:server, :text},
    proxy: {:server, :text},
    user_agent: {:server, :text},
    wire_format: {:server, {:words, ~w(automatic json protobuf)}},
    remote_encryption_key: {:server, :base64},
    # 0.9 accepted it in every mode.
    sync: {:any, :flag},
    sync_interval: {:replica, {:integer, 0..@int}},
    read_your_writes: {:replica, :flag},
    offline_writes: {:replica, :flag},
    encryption_key: {:file, :key},
    mode: {:any, :mode},
    busy_timeout: {:any, {:integer, 0..@int}},
    default_transaction_mode: {:any, {:words, ~w(deferred immediate exclusive read_only)}},
    statement_cache_size: {:any, {:integer, 0..@int}},
    journal_mode: {:file, {:words, ~w(wal delete truncate persist memory off)}},
    synchronous: {:file, {:words, ~w(off normal full extra), 0}},
    cache_size: {:file, {:integer, -@int..@int}},
    cache_spill: {:file, :flag},
    temp_store: {:file, {:words, ~w(default file memory), 0}},
    mmap_size: {:file, {:integer, 0..@largest_map}},
    foreign_keys: {:file, :flag},
    case_sensitive_like: {:file, :flag},
    auto_vacuum: {:file, {:words, ~w(none full incremental), 0}},
    page_size: {:file, {:integer, Enum.map(9..16, &Integer.pow(2, &1))}},
    locking_mode: {:file, {:words, ~w(normal exclusive)}},
    secure_delete: {:file, {:words_or_flag, ~w(off on fast)}},
    wal_autocheckpoint: {:file, {:integer, -@int..@int}},
    journal_size_limit: {:file, {:integer, -@int64..@int64}},
    soft_heap_limit: {:any, :unsupported},
    hard_heap_limit: {:any, :unsupported},
    custom_pragmas: {:file, :pragmas},
    load_extensions: {:file, :extensions},
    attach: {:any, :attach},
    serialized: {:memory, :bytes_of_database},
    chunk_size: {:any, {:integer, 1..@int}},
    before_disconnect: {:any, :before_disconnect},
    migration_lock_lease_ms: {:any, {:integer, 1..@int}}
  ]

  # The values that change nothing, and so are allowed everywhere.
  @usual %{
    auth_token: "",
    connect_timeout: 10_000,
    wire_format: "automatic",
    sync_interval: 0,
    read_your_writes: true,
    offline_writes: false,
    custom_pragmas: [],
    load_extensions: []
  }

  # Another name of exqlite's.
  @aliases [wal_auto_check_point: :wal_autocheckpoint]

  # The names of the options that are a setting of the native code, which takes names and texts.
  @in_elixir ~w(custom_pragmas load_extensions attach serialized chunk_size before_disconnect migration_lock_lease_ms)a

  @doc "The names of all options."
  @spec names() :: [atom]
  def names, do: Keyword.keys(@table) ++ Keyword.keys(@aliases)

  @doc "The names of those that are for this place."
  @spec names(atom) :: [atom]
  def names(place), do: for({name, {^place, _kind}} <- @table, do: name)

  @doc "The names of those that are handled in Elixir."
  @spec in_elixir() :: [atom]
  def in_elixir, do: @in_elixir

  @doc "The name under which an option's value is kept; nil if it is no option of ours."
  @spec name(atom) :: atom | nil
  def name(name) do
    name = Keyword.get(@aliases, name, name)
    if Keyword.has_key?(@table, name), do: name
  end

  @doc "Where an option with this value means something."
  @spec place(atom, term) :: :any | :server | :file | :replica | :memory
  def place(name, value) do
    if Map.has_key?(@usual, name) and @usual[name] == value,
      do: :any,
      else: elem(@table[name], 0)
  end

  @doc "The value in one form: words are texts, numbers integers, flags booleans. An error says what is valid."
  @spec read(atom, term) :: {:ok, term} | {:error, String.t()}
  def read(name, value) do
    {_place, kind} = @table[name]

    case convert(kind, value) do
      :error -> {:error, "the option #{inspect(name)} " <> valid(kind)}
      value -> {:ok, value}
    end
  end

  # --- kinds of values ---

  defp convert({:words, words}, value), do: word(words, value)

  defp convert({:words_or_flag, words}, flag) when is_boolean(flag),
    do: word(words, if(flag, do: "on", else: "off"))

  defp convert({:words_or_flag, words}, value), do: word(words, value)

  # SQLite's numbers of the words, too.
  defp convert({:words, words, 0}, number) when is_integer(number),
    do: if(number in 0..(length(words) - 1), do: Enum.at(words, number), else: :error)

  defp convert({:words, words, 0}, value), do: word(words, value)

  defp convert({:integer, valid}, value) do
    number = if is_binary(value), do: number(value), else: value
    if is_integer(number) and number in valid, do: number, else: :error
  end

  defp convert(:flag, value) when value in [true, :on, 1, "true", "on", "1"], do: true
  defp convert(:flag, value) when value in [false, :off, 0, "false", "off", "0"], do: false

  defp convert(:database, :memory), do: ":memory:"

  defp convert(:database, path) when is_binary(path) do
    if text?(path) and not (path =~ ~r/\Afile:.*[?&](hex|text)?key=/s), do: path, else: :error
  end

  defp convert(:uri, uri) when is_binary(uri), do: if(url?(uri), do: uri, else: :error)

  defp convert(:token, token) when is_binary(token),
    do: if(token =~ ~r/[\r\n\x00]/, do: :error, else: token)

  defp convert(:token, token) when is_function(token, 0), do: token

  defp convert(:token, {module, function, arguments} = token)
       when is_atom(module) and is_atom(function) and is_list(arguments),
       do: token

  defp convert(:text, text) when is_binary(text),
    do: if(text == "" or text =~ ~r/[\x00-\x1f\x7f]/, do: :error, else: text)

  defp convert(:key, key) when is_binary(key) and key != "", do: key

  defp convert(:base64, key) when is_binary(key),
    do: if(key =~ ~r/\A[A-Za-z0-9+\/_-]+={0,2}\z/, do: key, else: :error)

  defp convert(:mode, modes) do
    case List.wrap(modes) -- [:nomutex] do
      [mode] ->
        mode(mode)

      [_, _] = both ->
        if Enum.sort(both) == [:create, :readwrite], do: mode(:readwrite), else: :error

      _ ->
        :error
    end
  end

  defp convert(:pragmas, pragmas), do: each(pragmas, &pragma/1)
  defp convert(:extensions, extensions), do: each(extensions, &extension/1)
  defp convert(:attach, attached), do: attached

  defp convert(:bytes_of_database, "SQLite format 3\0" <> _ = bytes), do: bytes

  defp convert(:before_disconnect, function) when is_function(function, 2), do: function

  defp convert(:before_disconnect, {module, function, arguments} = call)
       when is_atom(module) and is_atom(function) and is_list(arguments),
       do: call

  defp convert(_kind, _value), do: :error

  defp word(words, value) when is_atom(value) and value != nil and not is_boolean(value),
    do: word(words, Atom.to_string(value))

  defp word(words, value), do: if(value in words, do: value, else: :error)

  defp number(text) do
    case Integer.parse(text) do
      {number, ""} -> number
      _ -> :error
    end
  end

  defp text?(text), do: text != "" and not String.contains?(text, <<0>>)

  # As exqlite names them, and as the driver does.
  defp mode(mode) when mode in [:readonly, "readonly"], do: "read_only"
  defp mode(mode) when mode in [:readwrite, "readwrite"], do: "read_write_create"
  defp mode(mode), do: word(~w(read_only read_write read_write_create), mode)

  @url ~r/\A(?:libsql|https?|wss?):\/\/(?:\[[^][@\/?#]+\]|[^][:@\/?#]+)(?::(\d{1,5}))?(?:[\/?].*)?\z/is

  defp url?(uri) do
    not (uri =~ ~r/[\x00-\x20\x7f\\#]|authtoken=/i) and
      not (uri =~ ~r/\Alibsql:.*[?&]tls=(?![01](?:&|\z))/is) and
      case Regex.run(@url, uri) do
        nil -> false
        [_] -> true
        [_, ""] -> true
        [_, port] -> String.to_integer(port) in 1..65_535
      end
  end

  defp each(list, convert) when is_list(list) do
    values = if List.improper?(list), do: [:error], else: Enum.map(list, convert)
    if :error in values, do: :error, else: values
  end

  defp each(_other, _convert), do: :error

  defp pragma({name, value}) when (is_atom(name) and name != nil) or is_binary(name) do
    if (is_atom(value) and value != nil) or is_binary(value) or is_integer(value),
      do: {to_string(name), to_string(value)},
      else: :error
  end

  defp pragma(_other), do: :error

  defp extension({path, entry}) when is_binary(path) and is_binary(entry),
    do: if(text?(path), do: {path, entry}, else: :error)

  defp extension(path), do: if(is_binary(path), do: extension({path, ""}), else: :error)

  # --- what is valid, in words; never the value, which may be a secret ---

  defp valid({:words, words}), do: "must be one of " <> Enum.map_join(words, ", ", &":#{&1}")
  defp valid({:words, words, 0}), do: valid({:words, words})
  defp valid({:words_or_flag, words}), do: valid({:words, words})

  defp valid({:integer, first..last//_}), do: "must be a whole number from #{first} to #{last}"
  defp valid({:integer, numbers}), do: "must be one of " <> Enum.join(numbers, ", ")
  defp valid(:flag), do: "must be true or false (or :on or :off)"

  defp valid(:database),
    do:
      "must be a path, \":memory:\" or a file: URI without a key, which is the option :encryption_key"

  defp valid(:uri),
    do:
      "must be a URL such as libsql://host, https://host or http://host:8080, without user and token: " <>
        "the token is the option :auth_token"

  defp valid(:token),
    do:
      "must be a string without line breaks, a function without arguments, or {module, function, arguments}"

  defp valid(:text), do: "must be a string that is not empty, without control characters"
  defp valid(:key), do: "must be a string or other binary that is not empty"
  defp valid(:base64), do: "must be a key in base64"

  defp valid(:mode),
    do: "must be :readwrite, :readonly or :read_write, alone or in a list with :nomutex"

  defp valid(:pragmas), do: "must be a list of {name, value}, such as [analysis_limit: 400]"
  defp valid(:extensions), do: "must be a list of paths or {path, entry_point}"

  defp valid(:bytes_of_database),
    do: "must be a database as bytes, from EctoLibSql.Native.serialize/1"

  defp valid(:before_disconnect),
    do: "must be a function of two arguments, or {module, function, arguments}"

  defp valid(:unsupported),
    do: "is not supported: the engine is built without memory accounting"
end
