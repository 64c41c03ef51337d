// Side by side with what the same machine can do at best, in one run, rounds interleaved; ratios count, times do not.
//   dotnet run -c Release --project tests/Sous.Plugins.Benchmarks -- store [--rounds 9] [--preload 100000]
//   dotnet run -c Release --project tests/Sous.Plugins.Benchmarks -- backfill [--orders 200000] [--rounds 3]
using Sous.Plugins.Benchmarks.Backfill;
using Sous.Plugins.Benchmarks.Store;

return args switch
{
    ["store", .. var options] => await StoreBenchmark.RunAsync(options),
    ["backfill", .. var options] => await BackfillBenchmark.RunAsync(options),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        Which one?
          store: pages and feed reads against bare Microsoft.Data.Sqlite.
          backfill: a first sync through the whole host against a bare loop over the same requests and bare storing of the same rows.
        """);
    return 2;
}
