using System.Security.Cryptography;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Keys;

/// <summary>What is wrong with the keys forbids a start with 78 and one plain sentence, and leaves the folder byte for byte as it was.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class KeyGateProof : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _folder = Directory.CreateTempSubdirectory("sous-gate-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_folder, "data");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Every_wrong_master_key_is_named()
    {
        var right = KeyFile("right", RandomNumberGenerator.GetBytes(32));
        await (await OpenVault.OpenAsync(Data, right)).DisposeAsync();

        await RefusedAsync("was wrapped by master key", KeyFile("wrong", RandomNumberGenerator.GetBytes(32)));
        await RefusedAsync("The master key is missing", null);
        await RefusedAsync("cannot be read", Path.Combine(_folder, "absent"));
        await RefusedAsync("has 31 bytes; 32 are needed", KeyFile("short", RandomNumberGenerator.GetBytes(31)));
        await RefusedAsync("can be read by others than its owner", KeyFile("world", RandomNumberGenerator.GetBytes(32), Owner | UnixFileMode.OtherRead));
        await StartsAsync(right);
    }

    [Fact]
    public async Task A_ring_that_is_missing_is_named()
    {
        var key = await AlteredAsync(transaction => transaction.List(RingEntry.Collection, "").ToList().ForEach(entry => transaction.Delete(RingEntry.Collection, entry.Id)));

        await RefusedAsync("The key ring is missing", key);
    }

    [Fact]
    public async Task A_canary_that_is_missing_is_named()
    {
        var key = await AlteredAsync(transaction => transaction.Delete(Canary.Collection, Canary.Key));

        await RefusedAsync("The canary", key);
    }

    [Fact]
    public async Task A_ring_that_has_ended_names_the_verb_that_mends_it_and_it_does()
    {
        var key = KeyFile("key", RandomNumberGenerator.GetBytes(32));
        await using (var vault = await OpenVault.OpenAsync(Data, key, new DaysAgo(KeyRotation.Lifetime.Days + 1)))
        {
            await vault.FillAsync(50, 0);
        }

        await RefusedAsync("has no key that is valid now", key);
        await RefusedAsync("sous-plugins secrets rotate-data", key);

        var rotated = await CommandProcess.RunAsync(Named(key), Token, "secrets", "rotate-data", "--data", Data);
        Assert.Equal((0, "finished"), (rotated.Exit, rotated.Output));
        Assert.Contains("50 of 50 secrets", rotated.Error, StringComparison.Ordinal);

        await StartsAsync(key);
        await using var after = await OpenVault.OpenAsync(Data, key);
        for (var number = 0; number < 50; number++)
        {
            await after.CheckAsync(number);
        }
    }

    private static Dictionary<string, string?> Named(string? key) => key is null ? [] : new() { ["MasterKeyFile"] = key };

    private async Task<string> AlteredAsync(Action<IRegistryTransaction> alter)
    {
        var key = KeyFile("key", RandomNumberGenerator.GetBytes(32));
        await using var vault = await OpenVault.OpenAsync(Data, key);
        await vault.FillAsync(3, 0);
        await vault.Registry.WriteAsync(alter, Token);
        return key;
    }

    private async Task RefusedAsync(string because, string? key)
    {
        var before = Hashes();
        await using var host = HostProcess.Start(HostProcess.FreeAddress(), Data, Named(key));

        Assert.Equal(78, await host.WaitForExitAsync(Token));
        Assert.Contains(because, host.Output, StringComparison.Ordinal);
        Assert.Single(host.Output.Trim().Split('\n'));
        Assert.Equal(before, Hashes());
    }

    private async Task StartsAsync(string key)
    {
        await using var host = HostProcess.Start(HostProcess.FreeAddress(), Data, Named(key));
        await host.ReadyAsync(Token);
        Assert.Equal(0, await host.StopAsync(Token));
    }

    private string KeyFile(string name, byte[] key, UnixFileMode mode = Owner)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, Convert.ToBase64String(key));
        File.SetUnixFileMode(file, mode);
        return file;
    }

    private SortedDictionary<string, string> Hashes() => new(
        Directory.EnumerateFiles(Data, "*", SearchOption.AllDirectories)
            .ToDictionary(static path => path, static path => $"{File.GetUnixFileMode(path)} {File.GetLastWriteTimeUtc(path):O} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))}"),
        StringComparer.Ordinal);

    private sealed class DaysAgo(int days) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() - TimeSpan.FromDays(days);
    }
}
