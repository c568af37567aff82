defmodule EctoLibSql.MixProject do
  use Mix.Project

  @version "1.0.0-dev"

  # Compiled applications (<application>/ebin) in the folder ECTO_DEPS take the place of Hex.
  for ebin <- Path.wildcard("#{System.get_env("ECTO_DEPS")}/*/ebin"), do: Code.prepend_path(ebin)

  def project do
    [
      app: :ecto_libsql,
      version: @version,
      elixir: "~> 1.14",
      description: "Ecto adapter for libSQL/Turso over a C++ driver",
      elixirc_paths: if(Mix.env() == :test, do: ["lib", "test/support"], else: ["lib"]),
      test_paths: [if(System.get_env("ECTO_SUITES"), do: "integration_test", else: "test")],
      # What is compiled with Ecto and what without it must not be mixed.
      build_path: if(deps() == [] and not ecto?(), do: "_build_without_ecto", else: "_build"),
      xref: [
        exclude: [DBConnection, Decimal, Ecto.Adapters.SQL, Ecto.QueryError, Ecto.Type, Ecto.UUID]
      ],
      compilers: [:ecto_libsql_native] ++ Mix.compilers(),
      deps: deps()
    ]
  end

  def application do
    [extra_applications: if(Mix.env() == :test, do: [:logger, :ex_unit], else: [:logger])]
  end

  defp ecto?, do: Code.ensure_loaded?(Ecto.Adapters.SQL)

  # From Hex; or from the folder ECTO_DEPS, as sources or compiled. Without both there is no Ecto: what
  # needs it is left out, and the tests say so.
  defp deps do
    folder = System.get_env("ECTO_DEPS")

    cond do
      # Compiled already.
      folder && ecto?() ->
        []

      folder ->
        for name <- ~w(ecto_sql ecto db_connection decimal telemetry jason)a,
            do: {name, path: Path.join(folder, "#{name}"), override: true}

      Code.ensure_loaded?(Hex) ->
        [{:ecto_sql, "~> 3.12"}, {:jason, "~> 1.4", optional: true}]

      true ->
        []
    end
  end
end

defmodule Mix.Tasks.Compile.EctoLibsqlNative do
  @moduledoc "Builds the NIF with CMake into `priv/ecto_libsql_nif.so`."
  use Mix.Task.Compiler

  @source Path.expand("..", __DIR__)

  @impl true
  def run(_arguments) do
    target = Path.join(Mix.Project.app_path(), "priv/ecto_libsql_nif.so")
    tool!("cmake", "cmake")
    tool!("c++", "g++")

    build = build_folder()

    unless File.exists?(build),
      do:
        Mix.shell().info("Building the native part of ecto_libsql in #{build}: some minutes, once")

    cmake!(["-S", @source, "-B", build, "-DECTO_LIBSQL_ELIXIR=ON" | settings()])
    # Make takes --parallel without a number for as many compilers as there are files.
    jobs = "#{System.schedulers_online()}"
    cmake!(["--build", build, "--target", "ecto_libsql_nif", "--parallel", jobs])
    File.mkdir_p!(Path.dirname(target))
    copy!(Path.join(build, "elixir/native/ecto_libsql_nif.so"), target)
    :ok
  end

  @impl true
  def clean do
    unless given_folder(), do: File.rm_rf!(build_folder())
    :ok
  end

  # ECTO_LIBSQL_BUILD: a folder where CMake builds this repository already, with settings of its own.
  defp given_folder, do: System.get_env("ECTO_LIBSQL_BUILD")

  defp build_folder do
    # With an empty one Mix would build, and clean, among the sources.
    if System.get_env("MIX_BUILD_PATH") == "", do: Mix.raise("MIX_BUILD_PATH is empty: unset it")
    given_folder() || Path.join(shared_folder(), "ecto_libsql_native")
  end

  # One for all environments.
  defp shared_folder do
    path = Mix.Project.build_path()
    if System.get_env("MIX_BUILD_PATH"), do: path, else: Path.dirname(path)
  end

  defp settings do
    if given_folder(),
      do: [],
      else:
        ~w(-DCMAKE_BUILD_TYPE=Release -DECTO_LIBSQL_TESTS=OFF -DECTO_LIBSQL_EXAMPLES=OFF -DECTO_LIBSQL_INSTALL=OFF)
  end

  # Not over a library that a running emulator has loaded: that would change its code under it.
  defp copy!(from, to) do
    if File.stat(from, time: :posix) != File.stat(to, time: :posix) do
      temporary = to <> ".new"
      File.cp!(from, temporary)
      File.rename!(temporary, to)
    end
  end

  defp tool!(name, package) do
    System.find_executable(name) ||
      Mix.raise(
        "ecto_libsql builds its native part itself and needs #{name}. On Debian: apt-get install #{package}"
      )
  end

  defp cmake!(arguments) do
    options = [:binary, :exit_status, :stderr_to_stdout, line: 4096, args: arguments]
    port = Port.open({:spawn_executable, System.find_executable("cmake")}, options)

    with {lines, code} when code != 0 <- output(port, []) do
      Mix.raise(
        "the native part of ecto_libsql could not be built:\n\n" <>
          Enum.join(Enum.reverse(lines), "\n")
      )
    end
  end

  # What is compiled is shown: `[ 12%] Building ...` of Make, `[12/99] Building ...` of Ninja.
  defp output(port, lines) do
    receive do
      {^port, {:data, {_, line}}} ->
        if line =~ ~r/^\[[ \d%\/]+\] (Building|Linking|Generating)/, do: Mix.shell().info(line)
        output(port, [line | lines])

      {^port, {:exit_status, code}} ->
        {lines, code}
    end
  end
end
