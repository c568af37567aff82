// Compares two engines, and two ways of one to run a query, on random scripts.
// docs/engine/comparison.md tells how it is run and what was found.
#include "comparison.hpp"
#include "generator.hpp"
#include "reduction.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>

namespace {

using namespace libsql::compare;

struct settings {
    std::string ours{};
    std::string theirs{};
    std::uint64_t seed = 1;
    std::uint64_t scripts = 1000;
    int reduced = 50;    ///< differences that are reduced and printed
    bool print = false;  ///< only print the scripts
    bool plans = true;
};

// What a worker process tells, also when an engine ends it.
struct progress {
    std::uint64_t next;
    std::uint64_t scripts;
    std::uint64_t statements;
    std::uint64_t kinds[2][10];
    int printed;
};

constexpr unsigned seconds_until_it_hangs = 60;

void print(const script& statements) {
    for (const statement& one : statements) {
        std::printf("%s;\n", one.sql.c_str());
        if (!one.equivalent.empty()) {
            std::printf("-- or: %s;\n", one.equivalent.c_str());
        }
    }
}

void report(std::uint64_t seed, bool plans, const script& reduced, const difference& found) {
    std::printf("\n=== seed %llu: %s%s\n", static_cast<unsigned long long>(seed),
                name_of(found.what), plans ? " of two plans" : "");
    print(reduced);
    std::printf("%s: %s\n%s: %s\n", plans ? "usual" : "ours", found.left.c_str(),
                plans ? "plain" : "theirs", found.right.c_str());
    std::fflush(stdout);
}

class worker {
public:
    worker(const settings& how, progress& done)
        : how_(how), done_(done), ours_(how.ours), theirs_(how.theirs) {}

    void run() {
        while (done_.next < how_.seed + how_.scripts) {
            const std::uint64_t seed = done_.next++;
            alarm(seconds_until_it_hangs);
            const script made = generator(seed).make();
            ++done_.scripts;
            done_.statements += made.size();
            check(seed, made, false,
                  [this](const script& some) { return compare(ours_, theirs_, some); });
            if (how_.plans) {
                check(seed, made, true,
                      [this](const script& some) { return compare_plans(ours_, some); });
            }
        }
    }

private:
    using comparer = std::function<difference(const script&)>;

    void check(std::uint64_t seed, const script& made, bool plans, const comparer& differ) {
        const difference found = differ(made);
        ++done_.kinds[plans ? 1 : 0][static_cast<int>(found.what)];
        if (found.what == difference::kind::none || found.what == difference::kind::too_long) {
            return;
        }
        if (done_.printed >= how_.reduced) {
            std::printf("not reduced: seed %llu: %s%s\n    %.300s\n    %.300s\n",
                        static_cast<unsigned long long>(seed), name_of(found.what),
                        plans ? " of two plans" : "", found.left.c_str(), found.right.c_str());
            return;
        }
        ++done_.printed;
        alarm(0);
        const script reduced = reduce(made, found, differ);
        report(seed, plans, reduced, differ(reduced));
    }

    const settings& how_;
    progress& done_;
    engine ours_;
    engine theirs_;
};

// Runs `work` in a process of its own; false: it did not end by itself.
template <class Work>
bool survives(const Work& work) {
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        work();
        std::fflush(stdout);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// A script that ends the process is reduced by processes.
void report_crash(const settings& how, progress& done, std::uint64_t seed) {
    ++done.kinds[0][static_cast<int>(difference::kind::crash)];
    const script made = generator(seed).make();
    const auto differ = [&](const script& some) -> difference {
        const auto run = [&](const std::string& path) {
            return survives([&] {
                alarm(seconds_until_it_hangs);
                const engine one(path);
                static_cast<void>(one.run(some, plan::usual));
                static_cast<void>(one.run(some, plan::plain));
            });
        };
        const bool ours = run(how.ours);
        const bool theirs = run(how.theirs);
        if (ours && theirs) {
            return {};
        }
        return {difference::kind::crash, some.size() - 1, ours ? "lives" : "crashes",
                theirs ? "lives" : "crashes"};
    };
    const difference found = differ(made);
    if (found.what == difference::kind::none || done.printed++ >= how.reduced) {
        std::printf("\n=== seed %llu: ended the process\n", static_cast<unsigned long long>(seed));
        return;
    }
    const script reduced = reduce(made, found, differ);
    report(seed, false, reduced, differ(reduced));
}

void summary(const settings& how, const progress& done) {
    std::printf("\n%s against %s: scripts %llu, statements %llu\n", how.ours.c_str(),
                how.theirs.c_str(), static_cast<unsigned long long>(done.scripts),
                static_cast<unsigned long long>(done.statements));
    for (int plans = 0; plans < (how.plans ? 2 : 1); ++plans) {
        std::printf("%s:", plans != 0 ? "two plans" : "two engines");
        for (int i = 0; i < 10; ++i) {
            std::printf(" %s %llu", name_of(static_cast<difference::kind>(i)),
                        static_cast<unsigned long long>(done.kinds[plans][i]));
        }
        std::printf("\n");
    }
}

settings read(int count, char** arguments) {
    settings how;
    for (int i = 1; i < count; ++i) {
        const std::string name = arguments[i];
        if (name == "--print") {
            how.print = true;
            continue;
        }
        if (name == "--no-plans") {
            how.plans = false;
            continue;
        }
        const std::string value = i + 1 < count ? arguments[++i] : "";
        if (name == "--ours") {
            how.ours = value;
        } else if (name == "--theirs") {
            how.theirs = value;
        } else if (name == "--seed") {
            how.seed = std::stoull(value);
        } else if (name == "--scripts") {
            how.scripts = std::stoull(value);
        } else if (name == "--reduced") {
            how.reduced = std::stoi(value);
        } else {
            throw std::runtime_error("unknown: " + name);
        }
    }
    return how;
}

int run(const settings& how) {
    if (how.print) {
        for (std::uint64_t i = 0; i < how.scripts; ++i) {
            print(generator(how.seed + i).make());
        }
        return 0;
    }
    void* shared =
        mmap(nullptr, sizeof(progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        throw std::runtime_error("no memory");
    }
    progress& done = *static_cast<progress*>(shared);
    done.next = how.seed;
    while (done.next < how.seed + how.scripts) {
        if (!survives([&] { worker(how, done).run(); })) {
            report_crash(how, done, done.next - 1);
        }
    }
    summary(how, done);
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    try {
        return run(read(count, arguments));
    } catch (const std::exception& error) {
        std::fprintf(stderr,
                     "%s\nengine_compare --ours libours.so --theirs libtheirs.so [--seed 1] "
                     "[--scripts 1000] [--reduced 50] [--no-plans] [--print]\n",
                     error.what());
        return 2;
    }
}
