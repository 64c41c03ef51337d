// Side by side with what the same machine can do at best, in one run, rounds interleaved; ratios count, times do not.
//   dotnet run -c Release --project tests/Sous.Plugins.Benchmarks -- store [--rounds 9] [--preload 100000]
//   dotnet run -c Release --project tests/Sous.Plugins.Benchmarks -- postgres [--rounds 7] [--preload 20000]
//   dotnet run -c Release --project tests/Sous.Plugins.Benchmarks -- feed [--changes 100000] [--rounds 5]
//   dotnet run -c Release --project tests/Sous.Plugins.Benchmarks -- backfill [--orders 200000] [--rounds 3]
//   dotnet run -c Release --project tests/Sous.Plugins.Benchmarks -- callback [--forged 100000] [--rounds 5] [--each 2000]
//   dotnet run -c Release --project tests/Sous.Plugins.Benchmarks -- drivers [--records 20000] [--rounds 3]
//   dotnet run -c Release --project tests/Sous.Plugins.Benchmarks -- loading [--rounds 5]
//   dotnet run -c Release --project tests/Sous.Plugins.Benchmarks -- scheduler [--schedules 100000] [--rounds 3]
//   dotnet run -c Release --project tests/Sous.Plugins.Benchmarks -- clustered [--runs 2000] [--rounds 3]
//   dotnet run -c Release --project tests/Sous.Plugins.Benchmarks -- backup [--records 200000] [--rounds 3]
using Sous.Plugins.Benchmarks.Backfill;
using Sous.Plugins.Benchmarks.Backups;
using Sous.Plugins.Benchmarks.Callback;
using Sous.Plugins.Benchmarks.Feed;
using Sous.Plugins.Benchmarks.Loading;
using Sous.Plugins.Benchmarks.Scheduling;
using Sous.Plugins.Benchmarks.Store;
using Sous.Plugins.Benchmarks.Throughput;

return args switch
{
    ["store", .. var options] => await StoreBenchmark.RunAsync(options),
    ["postgres", .. var options] => await PostgresBenchmark.RunAsync(options),
    ["feed", .. var options] => await FeedBenchmark.RunAsync(options),
    ["backfill", .. var options] => await BackfillBenchmark.RunAsync(options),
    ["callback", .. var options] => await CallbackBenchmark.RunAsync(options),
    ["drivers", .. var options] => await ThroughputBenchmark.RunAsync(options),
    ["loading", .. var options] => await LoadingBenchmark.RunAsync(options),
    ["backup", .. var options] => await BackupBenchmark.RunAsync(options),
    ["clustered", .. var options] => await ClusteredBenchmark.RunAsync(options),
    ["scheduler", .. var options] => await SchedulerBenchmark.RunAsync(options),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        Which one?
          store: pages and feed reads against bare Microsoft.Data.Sqlite.
          postgres: pages on PostgreSQL against bare Npgsql.
          feed: pages of changes from the whole host against a bare Kestrel over bare SQLite.
          backfill: a first sync through the whole host against a bare loop over the same requests and bare storing of the same rows, and beside Node with BullMQ.
          callback: a flood of forged callbacks against a bare Kestrel that answers the same.
          drivers: each driver alone against a bare loop over the same requests.
          loading: drivers from folder to factory against McMaster alone and a bare load context; the whole host's start.
          clustered: runs on PostgreSQL against bare Npgsql, and beside Hangfire and clustered Quartz.NET on it.
          scheduler: schedules, lateness and runs beside Quartz.NET, Hangfire, Coravel and BullMQ.
          backup: a backup and a restore beside a bare copy of the same files, and the memory that they take.
        """);
    return 2;
}
