using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Credentials.Rotation;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Storage;

namespace Sous.Plugins.Host.Tests.Credentials.Rotation;

/// <summary>Invariant 8: the master key changes online, and a folder always starts with the one key or the other.</summary>
public sealed class MasterKeyRotationTests : IDisposable
{
    private static readonly IConfiguration NoKey = new ConfigurationBuilder().Build();

    private readonly TemporaryFolder _folder = new();
    private readonly TemporaryFolder _keys = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2031, 3, 1, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_running_host_goes_on_and_the_next_start_wants_the_new_key()
    {
        var file = KeyFile("next");
        string before, after;
        await using (var vault = await StartAsync(Vault.Settings()))
        {
            vault.Get<KeyRotation>().RotateNow();
            before = Protect(vault, "before");

            var change = await vault.Get<MasterKeyRotation>().RotateAsync(file, "key-1", Token);

            Assert.True(change is { Changed: true, RingKeys: 2 });
            Assert.Contains($"SOUS_MasterKeyFile={file}", change.NextStart, StringComparison.Ordinal);
            vault.Get<KeyRotation>().RotateNow();
            after = Protect(vault, "after");
            Assert.Equal("before", Unprotect(vault, before));
            Assert.Equal([change.MasterKey], await KidsAsync(vault));
            var audit = Assert.Single(await vault.Registry.ListAsync(AuditEntry.Collection, "", Token), entry => entry.Action == "secrets.master_rotated");
            Assert.Equal(("key-1", change.MasterKey), (audit.Actor, audit.Target));
        }

        var fingerprint = _folder.Fingerprint();
        var refusal = await Assert.ThrowsAsync<BootGateException>(() => StartAsync(Vault.Settings()));
        Assert.Contains("was wrapped by master key", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(fingerprint, _folder.Fingerprint());

        await using var again = await StartAsync(Vault.Settings("MasterKeyFile", file));
        Assert.Equal(["before", "after"], [Unprotect(again, before), Unprotect(again, after)]);
        Assert.Equal(3, again.Ring.GetAllKeys().Count);
    }

    [Fact]
    public async Task Asked_again_it_says_the_same_and_changes_nothing()
    {
        var file = KeyFile("next");
        await using var vault = await StartAsync(Vault.Settings());
        var first = await vault.Get<MasterKeyRotation>().RotateAsync(file, "key-1", Token);
        var ring = await vault.Registry.ListAsync(RingEntry.Collection, "", Token);

        var second = await vault.Get<MasterKeyRotation>().RotateAsync(file, "key-1", Token);

        Assert.Equal(first with { Changed = false }, second);
        Assert.Equal(ring, await vault.Registry.ListAsync(RingEntry.Collection, "", Token));
    }

    [Fact]
    public async Task A_ring_key_wrapped_while_the_master_key_changes_lands_under_the_one_that_the_ring_is_under()
    {
        await using var vault = await StartAsync(Vault.Settings());
        var former = vault.Report.MasterKey;
        var change = await vault.Get<MasterKeyRotation>().RotateAsync(KeyFile("next"), "key-1", Token);

        vault.Get<MasterKeys>().Advance(former);
        vault.Get<KeyRotation>().RotateNow();

        Assert.Equal([change.MasterKey], await KidsAsync(vault));
        Assert.Equal(2, vault.Ring.GetAllKeys().Select(key => key.CreateEncryptor()).Count());
    }

    [Theory]
    [InlineData("AAAA", "has 3 bytes", UnixFileMode.UserRead)]
    [InlineData("not base64!", "is not base64", UnixFileMode.UserRead)]
    [InlineData(null, "cannot be read", UnixFileMode.UserRead)]
    [InlineData("any", "others than its owner", UnixFileMode.UserRead | UnixFileMode.GroupRead)]
    public async Task A_key_file_that_cannot_be_used_is_refused_and_nothing_changes(string? text, string because, UnixFileMode mode)
    {
        var file = _keys.File("bad");
        if (text is not null)
        {
            await File.WriteAllTextAsync(file, text, Token);
            File.SetUnixFileMode(file, mode);
        }

        await using var vault = await StartAsync(Vault.Settings());
        var ring = await vault.Registry.ListAsync(RingEntry.Collection, "", Token);

        var refusal = await Assert.ThrowsAsync<BootGateException>(() => vault.Get<MasterKeyRotation>().RotateAsync(file, "key-1", Token));

        Assert.Contains(because, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(ring, await vault.Registry.ListAsync(RingEntry.Collection, "", Token));
    }

    [Fact]
    public async Task Without_a_file_a_key_is_generated_where_the_present_one_is_and_nowhere_else()
    {
        string kept;
        await using (var vault = await StartAsync(NoKey))
        {
            var before = vault.Report.MasterKey.Id;
            kept = Protect(vault, "kept");
            Assert.NotEqual(before, (await vault.Get<MasterKeyRotation>().RotateAsync(null, "key-1", Token)).MasterKey);
        }

        Assert.False(File.Exists(_folder.File("master-key.new")));
        await using (var again = await StartAsync(NoKey))
        {
            Assert.Equal("kept", Unprotect(again, kept));
            await again.Get<MasterKeyRotation>().RotateAsync(KeyFile("next"), "key-1", Token);
            await Assert.ThrowsAsync<BootGateException>(() => again.Get<MasterKeyRotation>().RotateAsync(null, "key-1", Token));
        }
    }

    [Fact]
    public async Task A_generated_key_is_found_wherever_the_change_was_cut_off()
    {
        string kept;
        byte[] former;
        await using (var vault = await StartAsync(NoKey))
        {
            kept = Protect(vault, "kept");
            former = await File.ReadAllBytesAsync(_folder.File("master-key"), Token);

            // Half a new key, then a whole one: the ring is still under the former.
            await File.WriteAllTextAsync(_folder.File("master-key.new"), "AAAA", Token);
        }

        await StartsAsync(kept);
        await File.WriteAllTextAsync(_folder.File("master-key.new"), Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)), Token);
        File.SetUnixFileMode(_folder.File("master-key.new"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await StartsAsync(kept);

        // The ring is under the new key, which has not taken the former's place yet.
        await using (var vault = await StartAsync(NoKey))
        {
            await vault.Get<MasterKeyRotation>().RotateAsync(null, "key-1", Token);
        }

        File.Move(_folder.File("master-key"), _folder.File("master-key.new"));
        await File.WriteAllBytesAsync(_folder.File("master-key"), former, Token);
        File.SetUnixFileMode(_folder.File("master-key"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await StartsAsync(kept);
        Assert.NotEqual(former, await File.ReadAllBytesAsync(_folder.File("master-key"), Token));
    }

    public void Dispose()
    {
        _folder.Dispose();
        _keys.Dispose();
    }

    private static string Protect(Vault vault, string text) => vault.Get<IDataProtectionProvider>().CreateProtector("test").Protect(text);

    private static string Unprotect(Vault vault, string text) => vault.Get<IDataProtectionProvider>().CreateProtector("test").Unprotect(text);

    private static async Task<IEnumerable<string>> KidsAsync(Vault vault) =>
        (await vault.Registry.ListAsync(RingEntry.Collection, "", Token)).SelectMany(RingWrapper.KidsOf).Distinct();

    private Task<Vault> StartAsync(IConfiguration settings) => Vault.StartAsync(_folder, settings, _clock);

    private async Task StartsAsync(string kept)
    {
        await using var vault = await StartAsync(NoKey);
        Assert.Equal("kept", Unprotect(vault, kept));
        Assert.False(File.Exists(_folder.File("master-key.new")));
    }

    private string KeyFile(string name)
    {
        var file = _keys.File(name);
        File.WriteAllText(file, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }
}
