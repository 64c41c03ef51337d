using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Storage;

namespace Sous.Plugins.Host.Tests.Credentials;

/// <summary>Invariant 8: what forbids a start forbids it before a byte is written.</summary>
public sealed class BootGateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fresh_folder_passes_is_given_ring_and_canary_and_passes_again()
    {
        await using (var vault = await Start())
        {
            Assert.Single(vault.Ring.GetAllKeys());
            Assert.Empty(vault.Report.Warnings);
        }

        await using var again = await Start();
        Assert.Single(again.Ring.GetAllKeys());
    }

    [Fact]
    public async Task A_first_start_that_died_before_the_ring_was_made_can_be_repeated()
    {
        using (var folder = DataFolder.Open(_folder.Path))
        await using (Host.Storage.LiteDb.LiteDbRegistry.Open(folder, Microsoft.Extensions.Logging.Abstractions.NullLogger<Host.Storage.LiteDb.LiteDbRegistry>.Instance))
        {
        }

        await using var vault = await Start();
        Assert.Single(vault.Ring.GetAllKeys());
    }

    [Fact]
    public async Task Another_master_key_is_refused()
    {
        await (await Start()).DisposeAsync();
        var other = Vault.Settings(value: Convert.ToBase64String(new byte[32]));
        await RefusedAsync("was wrapped by master key", other);
    }

    [Fact]
    public async Task A_missing_master_key_is_refused_and_none_is_generated()
    {
        await (await Start()).DisposeAsync();
        await RefusedAsync("The master key is missing", new ConfigurationBuilder().Build());
    }

    [Fact]
    public async Task A_missing_ring_is_refused()
    {
        await using (var vault = await Start())
        {
            await vault.Registry.WriteAsync(t => { foreach (var e in t.List(RingEntry.Collection, "")) { t.Delete(RingEntry.Collection, e.Id); } }, Token);
        }

        await RefusedAsync("The key ring is missing");
    }

    [Fact]
    public async Task A_ring_key_that_was_altered_is_refused()
    {
        await using (var vault = await Start())
        {
            await vault.Registry.WriteAsync(
                t =>
                {
                    var entry = t.List(RingEntry.Collection, "")[0];
                    var at = entry.Xml.IndexOf("</wrappedKey>", StringComparison.Ordinal) - 10;
                    var flipped = entry.Xml[at] == 'A' ? 'B' : 'A';
                    t.Put(RingEntry.Collection, entry with { Xml = entry.Xml[..at] + flipped + entry.Xml[(at + 1)..] });
                },
                Token);
        }

        await RefusedAsync("cannot be decrypted");
    }

    [Theory]
    [InlineData("<key id=\"x\" />")]
    [InlineData("<key")]
    public async Task A_ring_entry_that_is_no_key_is_refused_and_not_passed_over(string xml)
    {
        await using (var vault = await Start())
        {
            await vault.Registry.WriteAsync(t => t.Put(RingEntry.Collection, new RingEntry("key-x", xml)), Token);
        }

        await RefusedAsync("cannot be decrypted");
    }

    [Fact]
    public async Task A_broken_canary_is_refused()
    {
        await using (var vault = await Start())
        {
            await vault.Registry.WriteAsync(
                t =>
                {
                    var canary = t.Find(Canary.Collection, Canary.Key)!;
                    t.Put(Canary.Collection, canary with { Protected = canary.Protected[..^4] + "AAAA" });
                },
                Token);
        }

        await RefusedAsync("The canary");
    }

    [Fact]
    public async Task A_missing_canary_is_refused()
    {
        await using (var vault = await Start())
        {
            await vault.Registry.WriteAsync(t => t.Delete(Canary.Collection, Canary.Key), Token);
        }

        await RefusedAsync("The canary");
    }

    [Fact]
    public async Task A_credential_put_back_together_with_its_version_is_refused()
    {
        await using (var vault = await Start())
        {
            await SaveAsync(vault, 0);
            var (credential, version) = await RowsAsync(vault);
            await SaveAsync(vault, 1);
            await vault.Registry.WriteAsync(
                t =>
                {
                    t.Put(Credential.Collection, credential);
                    t.Put(CredentialVersion.Collection, version);
                },
                Token);

            // To itself the row looks right.
            Assert.Equal("SOUSCANARY-0", (await vault.Store.RevealAsync((await vault.Store.FindAsync(One, Token))!, Token)).ApiKey?.Reveal());
        }

        await RefusedAsync("are not those that were last written");
    }

    [Fact]
    public async Task Credentials_that_were_taken_away_are_refused()
    {
        await using (var vault = await Start())
        {
            await SaveAsync(vault, 0);
            await vault.Registry.WriteAsync(t => (t.Delete(Credential.Collection, One.Value), t.Delete(CredentialVersion.Collection, One.Value)), Token);
        }

        await RefusedAsync("are not those that were last written");
    }

    [Fact]
    public async Task A_tally_that_is_missing_or_from_earlier_is_refused_and_the_right_one_passes()
    {
        CredentialTally earlier, right;
        await using (var vault = await Start())
        {
            earlier = (await vault.Registry.FindAsync(CredentialTally.Collection, CredentialTally.Key, Token))!;
            await SaveAsync(vault, 0);
            await SaveAsync(vault, 1);
            await vault.Store.DeleteAsync(One, Token);
            await SaveAsync(vault, 0);
            right = (await vault.Registry.FindAsync(CredentialTally.Collection, CredentialTally.Key, Token))!;
        }

        await using (var vault = await Start())
        {
            await vault.Registry.WriteAsync(t => t.Put(CredentialTally.Collection, earlier), Token);
        }

        await RefusedAsync("are not those that were last written");
        await PutAsync(t => t.Delete(CredentialTally.Collection, CredentialTally.Key));
        await RefusedAsync("are not those that were last written");
        await PutAsync(t => t.Put(CredentialTally.Collection, right with { Protected = right.Protected[..^4] + "AAAA" }));
        await RefusedAsync("are not those that were last written");
        await PutAsync(t => t.Put(CredentialTally.Collection, right));
        await (await Start()).DisposeAsync();
    }

    [Fact]
    public async Task An_expired_default_key_is_refused_and_one_near_its_end_is_warned_of()
    {
        await (await Start()).DisposeAsync();

        _clock.Advance(KeyRotation.Lifetime - TimeSpan.FromDays(15));
        await using (var vault = await Start())
        {
            Assert.Empty(vault.Report.Warnings);
        }

        _clock.Advance(TimeSpan.FromDays(2));
        await using (var vault = await Start())
        {
            Assert.Contains("has no successor", Assert.Single(vault.Report.Warnings), StringComparison.Ordinal);
        }

        _clock.Advance(TimeSpan.FromDays(13));
        await RefusedAsync("has no key that is valid now");
    }

    [Fact]
    public async Task A_damaged_registry_is_refused()
    {
        await (await Start()).DisposeAsync();
        File.WriteAllBytes(_folder.File("registry.db"), new byte[100]);
        var before = _folder.Fingerprint();
        await Assert.ThrowsAsync<StorageException>(Start);
        Assert.Equal(before, _folder.Fingerprint());
    }

    [Theory]
    [InlineData("10.0.6+abc")]
    [InlineData("10.0.11")]
    [InlineData("9.0.99")]
    [InlineData("")]
    [InlineData(null)]
    public void An_assembly_that_lets_data_be_forged_is_refused(string? version)
    {
        var refusal = Assert.Throws<BootGateException>(() => BootGate.RefuseOldAssembly(version));
        Assert.Contains("10.0.12", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.0.12+95017c7")]
    [InlineData("10.1.0")]
    [InlineData("11.0.0-preview.1")]
    public void A_mended_assembly_is_not(string version) => BootGate.RefuseOldAssembly(version);

    public void Dispose() => _folder.Dispose();

    private static readonly ConnectionId One = new("con_1");

    private static Task<Credential> SaveAsync(Vault vault, long version) => vault.Store.SaveAsync(
        new CredentialMaterial
        {
            Connection = One,
            Tenant = new TenantId("blue-door"),
            Secrets = new CredentialSecrets { ApiKey = new Sdk.Secret($"SOUSCANARY-{version}") },
            ObtainedAt = TimeProvider.System.GetUtcNow(),
        },
        version,
        Token);

    private static async Task<(Credential Credential, CredentialVersion Version)> RowsAsync(Vault vault) => (
        (await vault.Registry.FindAsync(Credential.Collection, One.Value, Token))!,
        (await vault.Registry.FindAsync(CredentialVersion.Collection, One.Value, Token))!);

    /// <summary>Writes to the file of a folder that no longer starts.</summary>
    private async Task PutAsync(Action<IRegistryTransaction> work)
    {
        using var folder = DataFolder.Open(_folder.Path);
        await using var registry = Host.Storage.LiteDb.LiteDbRegistry.Open(folder, Microsoft.Extensions.Logging.Abstractions.NullLogger<Host.Storage.LiteDb.LiteDbRegistry>.Instance);
        await registry.WriteAsync(work, Token);
    }

    private Task<Vault> Start() => Vault.StartAsync(_folder, clock: _clock);

    private async Task RefusedAsync(string because, IConfiguration? settings = null)
    {
        var before = _folder.Fingerprint();
        var refusal = await Assert.ThrowsAsync<BootGateException>(() => Vault.StartAsync(_folder, settings, _clock));
        Assert.Contains(because, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
        Assert.DoesNotContain(Vault.Key, refusal.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, _folder.Fingerprint());
    }
}
