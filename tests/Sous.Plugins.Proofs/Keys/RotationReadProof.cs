using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Credentials.Rotation;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Proofs.Keys;

/// <summary>
/// Invariant 8: all secrets are encrypted anew while readers read random ones all the time and others write; none is unreadable at any
/// moment. SOUS_SECRETS says how many credentials of two fields, and as many Raws (2,000).
/// </summary>
public sealed class RotationReadProof(ITestOutputHelper output) : IDisposable
{
    private readonly int _secrets = Setting.Of("SOUS_SECRETS", 2_000) / 7 * 7;
    private readonly string _folder = Directory.CreateTempSubdirectory("sous-rotation-").FullName;
    private volatile bool _over;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task None_is_unreadable_at_any_moment()
    {
        await using var vault = await OpenVault.OpenAsync(_folder, null);
        await vault.FillAsync(_secrets, _secrets);
        var before = await WriteAsync(vault, TimeSpan.FromSeconds(2));
        var readers = Enumerable.Range(0, 2).Select(reader => Task.Run(() => ReadAsync(vault, new Random(reader)), Token)).ToList();
        var writer = Task.Run(() => WriteAsync(vault, TimeSpan.MaxValue), Token);
        var worker = vault.All<IHostedService>().OfType<DataRotationWorker>().Single();
        var started = Stopwatch.GetTimestamp();

        await vault.Get<DataRotations>().StartAsync(AuditEntry.Host, Token);
        await worker.StartAsync(Token);
        while (await vault.Get<DataRotations>().FindAsync(Token) is not { FinishedAt: not null })
        {
            await Task.Delay(5, Token);
        }

        var took = Stopwatch.GetElapsedTime(started);
        _over = true;
        var reads = (await Task.WhenAll(readers)).Sum();
        var during = await writer;
        await worker.StopAsync(Token);
        for (var number = 0; number < _secrets; number++)
        {
            await vault.CheckAsync(number);
        }

        Assert.Equal(_secrets, await vault.CheckRawsAsync(_folder));
        Assert.All(await vault.Registry.ListAsync(TenantKey.Collection, "", Token), tenant => Assert.Equal(2, Assert.Single(tenant.Keys).Number));
        Assert.True(reads > 0);
        output.WriteLine($"{_secrets} credentials and {_secrets} Raws in {took.TotalSeconds:F1} s; {reads} reads of random ones meanwhile, none failed");
        output.WriteLine($"a small write beside it, alone: {Describe(before)}; during the rotation: {Describe(during)}");
    }

    private static string Describe(List<double> milliseconds) =>
        $"{milliseconds.Count} writes, p50 {milliseconds[milliseconds.Count / 2]:F0} ms, p99 {milliseconds[milliseconds.Count * 99 / 100]:F0} ms, longest {milliseconds[^1]:F0} ms";

    private async Task<long> ReadAsync(OpenVault vault, Random random)
    {
        var reads = 0L;
        for (; !_over; reads++)
        {
            await vault.CheckAsync(random.Next(_secrets));
        }

        return reads;
    }

    /// <returns>How long each write took, sorted.</returns>
    private async Task<List<double>> WriteAsync(OpenVault vault, TimeSpan span)
    {
        var (times, started) = (new List<double>(), Stopwatch.GetTimestamp());
        while (!_over && Stopwatch.GetElapsedTime(started) < span)
        {
            var one = Stopwatch.GetTimestamp();
            await vault.Registry.WriteAsync(
                transaction => transaction.Append(AuditEntry.Make(TimeProvider.System.GetUtcNow(), AuditEntry.Host, "proof.written")), Token);
            times.Add(Stopwatch.GetElapsedTime(one).TotalMilliseconds);
        }

        times.Sort();
        return times;
    }
}
