using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Keys;

/// <summary>
/// Invariant 8: kill -9 at random moments of rotations of the data keys and of the master key. After each kill the folder opens with
/// exactly one of the master keys, and every secret that is asked for can be read; at the end all of them.
/// SOUS_ROTATION_KILLS says how often (10), SOUS_SECRETS how many secrets of a kind (6,000), SOUS_SEED repeats a run's choices.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class RotationKillProof(ITestOutputHelper output) : IDisposable
{
    private const int Sample = 100;
    private const string Amid = "amid a rotation";

    private readonly int _kills = Setting.Of("SOUS_ROTATION_KILLS", 10);
    private readonly int _secrets = Setting.Of("SOUS_SECRETS", 6_000) / 7 * 7;
    private readonly int _seed = Setting.Of("SOUS_SEED", Random.Shared.Next());
    private readonly string _folder = Directory.CreateTempSubdirectory("sous-rotation-").FullName;
    private readonly Dictionary<string, int> _ended = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_folder, "data");

    private bool FellAmid => _ended.Keys.Any(static ended => ended.EndsWith(Amid, StringComparison.Ordinal));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_kills_at_random_moments_every_secret_can_be_read(bool generated)
    {
        output.WriteLine($"{_kills / 2} kills, {_secrets} credentials and {_secrets} Raws, SOUS_SEED={_seed}");
        var random = new Random(_seed);
        var key = generated ? null : KeyFile("first");
        await using (var vault = await OpenVault.OpenAsync(Data, key))
        {
            await vault.FillAsync(_secrets, _secrets);
        }

        // A fast rotation on a slow machine may be over before its kill: more are tried until one was hit.
        for (var kill = 0; kill < _kills / 2 || (!FellAmid && kill < _kills); kill++)
        {
            var next = generated ? null : KeyFile($"key-{kill}");
            var what = await KillAsync(key, next, random, amid: kill == 0 || kill >= _kills / 2);
            key = await WhichOpensAsync(key, next);
            var to = $"{what}, {await StateAsync(key, random)}";
            _ended[to] = _ended.GetValueOrDefault(to) + 1;
        }

        await FinishAsync(key);
        await using var after = await OpenVault.OpenAsync(Data, key);
        for (var number = 0; number < _secrets; number++)
        {
            await after.CheckAsync(number);
        }

        Assert.Equal(_secrets, await after.CheckRawsAsync(Data));
        Assert.True(FellAmid, "No kill fell into a rotation: the proof proves less than it says.");
        Assert.All(await after.Registry.ListAsync(TenantKey.Collection, "", Token), tenant => Assert.Single(tenant.Keys));
        output.WriteLine(string.Join("; ", _ended.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"{pair.Key}: {pair.Value}")));
    }

    private static Dictionary<string, string?> Named(string? key) => key is null ? [] : new() { ["MasterKeyFile"] = key };

    /// <param name="amid">Amid a rotation of the data keys, for sure.</param>
    /// <returns>What was going on.</returns>
    private async Task<string> KillAsync(string? key, string? next, Random random, bool amid)
    {
        await using var host = HostProcess.Start(HostProcess.FreeAddress(), Data, Named(key));
        if (!amid && random.Next(6) == 0)
        {
            await Task.Delay(random.Next(1_500), Token);
            await host.KillAsync();
            return "start";
        }

        await host.ReadyAsync(Token);
        var master = !amid && random.Next(3) == 0;
        var rotating = RotateAsync(host, next, master);
        if (amid || (!master && random.Next(2) == 0))
        {
            // Until it has begun, the one before is told of.
            await rotating;
            await AwaitProgressAsync(host, random.NextDouble() * (amid ? 0.2 : 0.8));
        }
        else
        {
            await Task.Delay(random.Next(master ? 60 : 1_000), Token);
        }

        await host.KillAsync();
        await rotating;
        return master ? "master key" : "data keys";
    }

    private static async Task RotateAsync(HostProcess host, string? next, bool master)
    {
        try
        {
            using var client = host.Client();
            await (master
                ? client.PostAsync("api/v1/secrets/rotate-master", new JsonObject { ["newKeyFile"] = next }, Token)
                : client.PostAsync("api/v1/secrets/rotate-data", null, Token));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // Cut off by the kill.
        }
    }

    /// <summary>Until that part of the secrets is encrypted anew, or all are.</summary>
    private static async Task AwaitProgressAsync(HostProcess host, double part)
    {
        using var client = host.Client();
        while (await client.GetAsync("api/v1/secrets/rotation", Token) is { } rotation
            && ((string?)rotation["state"] == "none" || ((string?)rotation["state"] == "running" && IsBehind((double)rotation["done"]!, (double)rotation["total"]!))))
        {
        }

        // One that has just begun has counted nothing yet.
        bool IsBehind(double done, double total) => done == 0 || done <= part * (total - 1);
    }

    /// <summary>The one key that opens the folder; a generated one is the folder's own affair.</summary>
    private async Task<string?> WhichOpensAsync(string? key, string? next)
    {
        var opening = new List<string?>();
        foreach (var candidate in key is null ? [null] : new[] { key, next })
        {
            try
            {
                await using var vault = await OpenVault.OpenAsync(Data, candidate);
                opening.Add(candidate);
            }
            catch (BootGateException e) when (candidate is not null)
            {
                Assert.Contains("was wrapped by master key", e.Message, StringComparison.Ordinal);
            }
        }

        return Assert.Single(opening);
    }

    /// <returns>Where the rotation of the data keys stands.</returns>
    private async Task<string> StateAsync(string? key, Random random)
    {
        await using var vault = await OpenVault.OpenAsync(Data, key);
        for (var i = 0; i < Sample; i++)
        {
            await vault.CheckAsync(random.Next(_secrets));
        }

        Assert.Equal(_secrets, await vault.CheckRawsAsync(Data));
        var keys = (await vault.Registry.ListAsync(TenantKey.Collection, "", Token)).Max(tenant => tenant.Keys.Count);
        return keys == 1 ? "none under way" : Amid;
    }

    private async Task FinishAsync(string? key)
    {
        await using var host = HostProcess.Start(HostProcess.FreeAddress(), Data, Named(key));
        await host.ReadyAsync(Token);
        using var client = host.Client();
        await client.PostAsync("api/v1/secrets/rotate-data", null, Token);
        var finished = await RotationProgress.FollowAsync(client, "api/v1/secrets/rotation", TextWriter.Null, Token);
        Assert.Equal((2L * _secrets, 0L), ((long)finished["done"]!, (long)finished["unreadable"]!));
        Assert.Equal(0, await host.StopAsync(Token));
    }

    private string KeyFile(string name)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }
}
