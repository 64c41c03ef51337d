using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Benchmarks.Store;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;
using Sous.Plugins.Host.Storage.Sqlite;

namespace Sous.Plugins.Benchmarks.Backups;

/// <summary>How long a backup and a restore take, how long writes to the registry wait meanwhile, and that memory does not grow with the store. Beside it: a bare copy of the same files.</summary>
internal static class BackupBenchmark
{
    private const int Connections = 10_000;

    // What a quarter of the store costs beyond the whole of it is noise; a tenth of the store would be growth.
    private const double MostGrowthMiB = 64;

    /// <returns>0, or 3 where memory grew with the store.</returns>
    public static async Task<int> RunAsync(string[] options)
    {
        var records = Sampling.Option(options, "--records", 200_000);
        var rounds = Sampling.Option(options, "--rounds", 3);
        Console.WriteLine($"records | MiB of both stores | backup file MiB | registry waits ms | backup s | read back s | restore s | bare copy s | peak MiB of a backup | of a restore   (medians of {rounds} rounds)");
        await MeasureAsync(Workload.PageSize, 1);
        var quarter = await MeasureAsync(records / 4, rounds);
        var whole = await MeasureAsync(records, rounds);
        var grown = Math.Max(whole.Backup - quarter.Backup, whole.Restore - quarter.Restore);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Four times the records cost {grown:F0} MiB more at most."));
        return grown < MostGrowthMiB ? 0 : 3;
    }

    private static async Task<(double Backup, double Restore)> MeasureAsync(int records, int rounds)
    {
        var root = Directory.CreateTempSubdirectory("sous-bench-").FullName;
        try
        {
            var data = Path.Combine(root, "data");
            using (var folder = DataFolder.Open(data))
            {
                await FillAsync(folder, records);
            }

            var samples = new List<double[]>();
            for (var round = 0; round < rounds; round++)
            {
                samples.Add(await RoundAsync(root, data));
            }

            var medians = Enumerable.Range(0, samples[0].Length).Select(i => Sampling.Median(samples.Select(sample => sample[i]))).ToArray();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{records:N0} | {medians[0]:F0} | {medians[1]:F0} | {medians[2]:F0} | {medians[3]:F2} | {medians[4]:F2} | {medians[5]:F2} | {medians[6]:F2} | {medians[7]:F0} | {medians[8]:F0}"));
            return (medians[7], medians[8]);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static async Task FillAsync(DataFolder folder, int records)
    {
        var workload = new Workload(seed: 1);
        await using (var registry = LiteDbRegistry.Open(folder, NullLogger<LiteDbRegistry>.Instance))
        {
            var settings = JsonSerializer.SerializeToElement(new { note = new string('x', 1_300) });
            foreach (var slice in Enumerable.Range(0, Connections).Chunk(1_000))
            {
                await registry.WriteAsync(
                    transaction =>
                    {
                        foreach (var i in slice)
                        {
                            transaction.Put(Connection.Collection, new Connection
                            {
                                Id = new ConnectionId($"con_{i:D22}"), Tenant = new TenantId("bench"), Driver = new DriverId("square"), Status = ConnectionStatus.Ok,
                                Settings = settings, CreatedAt = default, ChangedAt = default,
                            });
                        }
                    },
                    CancellationToken.None);
            }
        }

        await using var ours = await OurStore.OpenAsync(folder.ChangesFile);
        for (var stored = 0; stored < records; stored += Workload.PageSize)
        {
            await ours.CommitAsync(workload.NewPage(), $"checkpoint-{stored}");
        }
    }

    private static async Task<double[]> RoundAsync(string root, string data)
    {
        var (file, copy) = (Path.Combine(root, "backup.zip"), Path.Combine(root, "copy"));
        double waited, backup, readBack, peak;
        using (var folder = DataFolder.Open(data))
        {
            await using var registry = LiteDbRegistry.Open(folder, NullLogger<LiteDbRegistry>.Instance);
            await using var changes = SqliteChangeStore.Open(folder.ChangesFile);
            using var backups = new Host.Backup.Backups(folder, TimeProvider.System, registry, changes);
            PeakMemory.Reset();
            await using var output = NewBackup.Create(file, overwrite: true);
            (waited, var point) = await TimeAsync(() => backups.TakeAsync("bench", CancellationToken.None));
            await using (point)
            {
                (backup, _) = await TimeAsync(() => point?.WriteAsync(output.Stream, CancellationToken.None) ?? throw new InvalidOperationException("A backup is under way."));
            }

            (readBack, _) = await TimeAsync(() => output.FinishAsync(CancellationToken.None));
            peak = PeakMemory.ReadMiB();
        }

        PeakMemory.Reset();
        var (restore, _) = await TimeAsync(async () =>
        {
            await using var opened = await BackupFile.OpenAsync(file, CancellationToken.None);
            using var target = RestoreTarget.Open(copy, force: false);
            return await new Restore(opened, target, TimeProvider.System).RunAsync(CancellationToken.None);
        });
        var restorePeak = PeakMemory.ReadMiB();
        Directory.Delete(copy, recursive: true);
        var (bare, size) = await TimeAsync(() => Task.FromResult(CopyBare(data, copy)));
        Directory.Delete(copy, recursive: true);
        return [size / 1024d / 1024, new FileInfo(file).Length / 1024d / 1024, waited * 1000, waited + backup, readBack, restore, bare, peak, restorePeak];
    }

    private static long CopyBare(string from, string to)
    {
        Directory.CreateDirectory(to);
        long bytes = 0;
        foreach (var name in (string[])["registry.db", "changes.db"])
        {
            File.Copy(Path.Combine(from, name), Path.Combine(to, name));
            using var copied = new FileStream(Path.Combine(to, name), FileMode.Open, FileAccess.ReadWrite);
            copied.Flush(flushToDisk: true);
            bytes += copied.Length;
        }

        return bytes;
    }

    private static async Task<(double Seconds, T Result)> TimeAsync<T>(Func<Task<T>> work)
    {
        var started = Stopwatch.GetTimestamp();
        var result = await work();
        return (Stopwatch.GetElapsedTime(started).TotalSeconds, result);
    }
}
