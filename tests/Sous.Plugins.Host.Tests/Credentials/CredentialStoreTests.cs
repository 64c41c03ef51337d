using System.Text;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Authorization.Tokens;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Credentials;

public sealed class CredentialStoreTests
{
    private const string Token1 = "SOUSCANARY-access-1";

    private static readonly ConnectionId Connection = new("con_1");
    private static readonly TenantId Tenant = new("blue-door");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_saved_is_read_again_after_a_restart()
    {
        using var folder = new TemporaryFolder();
        await using (var vault = await Vault.StartAsync(folder))
        {
            var saved = await vault.Store.SaveAsync(Material(Token1), 0, Token);
            Assert.Equal(1, saved.Version);
        }

        await using var again = await Vault.StartAsync(folder);
        var credential = await again.Store.FindAsync(Connection, Token);
        var secrets = await again.Store.RevealAsync(credential!, Token);
        Assert.Equal(Token1, secrets.AccessToken?.Reveal());
        Assert.Equal("SOUSCANARY-refresh", secrets.RefreshToken?.Reveal());
        Assert.Null(secrets.ApiKey);
        Assert.Equal("SOUSCANARY-field", secrets.Fields["clientSecret"].Reveal());
        Assert.Equal(["ORDERS_READ"], credential!.Scopes);
        Assert.Null(await again.Store.FindAsync(new ConnectionId("con_2"), Token));
    }

    [Fact]
    public async Task A_late_save_conflicts_and_changes_nothing()
    {
        await using var vault = await Vault.StartAsync();
        await vault.Store.SaveAsync(Material(Token1), 0, Token);
        await vault.Store.SaveAsync(Material("SOUSCANARY-access-2"), 1, Token);

        var conflict = await Assert.ThrowsAsync<CredentialConflictException>(() => vault.Store.SaveAsync(Material("SOUSCANARY-late"), 1, Token));
        Assert.Equal(2, conflict.Actual);
        await Assert.ThrowsAsync<CredentialConflictException>(() => vault.Store.SaveAsync(Material("SOUSCANARY-late"), 0, Token));
        await Assert.ThrowsAsync<CredentialConflictException>(() => vault.Store.TakeLeaseAsync(Connection, 1, new LeaseHolder("late", IsAlone: true), Token));

        var credential = await vault.Store.FindAsync(Connection, Token);
        Assert.Equal("SOUSCANARY-access-2", (await vault.Store.RevealAsync(credential!, Token)).AccessToken?.Reveal());
    }

    [Fact]
    public async Task Of_many_savers_at_once_one_wins()
    {
        await using var vault = await Vault.StartAsync();
        await vault.Store.SaveAsync(Material(Token1), 0, Token);
        var saves = await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            try
            {
                await vault.Store.SaveAsync(Material($"SOUSCANARY-{i}"), 1, Token);
                return true;
            }
            catch (CredentialConflictException)
            {
                return false;
            }
        }));
        Assert.Single(saves, won => won);
        Assert.Equal(2, (await vault.Store.FindAsync(Connection, Token))?.Version);
    }

    [Fact]
    public async Task Who_reads_while_others_save_takes_none_for_put_back()
    {
        await using var vault = await Vault.StartAsync();
        await vault.Store.SaveAsync(Material(Token1), 0, Token);
        var over = false;
        var reader = Task.Run(
            async () =>
            {
                while (!Volatile.Read(ref over))
                {
                    Assert.NotNull(await vault.Store.FindAsync(Connection, Token));
                }
            },
            Token);
        for (var version = 1; version < 100; version++)
        {
            await vault.Store.SaveAsync(Material(Token1), version, Token);
        }

        Volatile.Write(ref over, true);
        await reader;
    }

    [Fact]
    public async Task A_lease_keeps_others_away_while_it_lasts_and_is_settled_by_a_save()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var vault = await Vault.StartAsync(clock: clock);
        await vault.Store.SaveAsync(Material(Token1), 0, Token);
        var began = clock.GetUtcNow();
        Assert.Equal(new LeaseEnd(null), await vault.Store.TakeLeaseAsync(Connection, 1, new LeaseHolder("host-a", IsAlone: false), Token));

        clock.Advance(RefreshLease.Life - TimeSpan.FromMilliseconds(1));
        Assert.Equal(new LeaseEnd(began + RefreshLease.Life), await vault.Store.TakeLeaseAsync(Connection, 1, new LeaseHolder("host-b", IsAlone: false), Token));
        Assert.Equal("host-a", (await vault.Store.FindAsync(Connection, Token))?.Lease?.HolderId);

        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(new LeaseEnd(null, began), await vault.Store.TakeLeaseAsync(Connection, 1, new LeaseHolder("host-b", IsAlone: false), Token));
        Assert.Equal(new LeaseEnd(null, began), await vault.Store.TakeLeaseAsync(Connection, 1, new LeaseHolder("host-b", IsAlone: false), Token));
        Assert.Equal(Token1, (await vault.Store.RevealAsync((await vault.Store.FindAsync(Connection, Token))!, Token)).AccessToken?.Reveal());
        Assert.Null((await vault.Store.SaveAsync(Material("SOUSCANARY-2"), 1, Token)).Lease);
    }

    [Fact]
    public async Task Whoever_is_alone_waits_for_nobodys_lease()
    {
        await using var vault = await Vault.StartAsync();
        await vault.Store.SaveAsync(Material(Token1), 0, Token);
        await vault.Store.TakeLeaseAsync(Connection, 1, new LeaseHolder("killed", IsAlone: true), Token);

        var end = await vault.Store.TakeLeaseAsync(Connection, 1, new LeaseHolder("restarted", IsAlone: true), Token);

        Assert.Null(end.HeldUntil);
        Assert.NotNull(end.UnsettledSince);
    }

    [Fact]
    public void A_lease_outlives_the_request_that_it_is_for()
        => Assert.True(RefreshLease.Life >= 3 * TokenClient.Deadline);

    [Fact]
    public async Task A_deleted_credential_is_gone_and_its_row_put_back_is_refused()
    {
        await using var vault = await Vault.StartAsync();
        var row = await vault.Store.SaveAsync(Material(Token1), 0, Token);
        await vault.Store.DeleteAsync(Connection, Token);
        Assert.Null(await vault.Store.FindAsync(Connection, Token));

        await vault.Registry.WriteAsync(t => t.Put(Credential.Collection, row), Token);
        await Assert.ThrowsAsync<CredentialException>(async () => await vault.Store.FindAsync(Connection, Token));
    }

    [Fact]
    public async Task A_row_put_back_from_earlier_is_seen()
    {
        await using var vault = await Vault.StartAsync();
        var old = await vault.Store.SaveAsync(Material(Token1), 0, Token);
        var current = await vault.Store.SaveAsync(Material("SOUSCANARY-access-2"), 1, Token);

        // The whole row; then the old secrets under the new number.
        await vault.Registry.WriteAsync(t => t.Put(Credential.Collection, old), Token);
        await Assert.ThrowsAsync<CredentialException>(async () => await vault.Store.FindAsync(Connection, Token));
        await RefusedAsync(vault, current with { Protected = old.Protected });
    }

    [Fact]
    public async Task Ciphertext_of_another_tenant_connection_or_field_is_refused()
    {
        await using var vault = await Vault.StartAsync();
        var mine = await vault.Store.SaveAsync(Material(Token1), 0, Token);
        var sibling = await vault.Store.SaveAsync(Material(Token1) with { Connection = new ConnectionId("con_2") }, 0, Token);
        var foreign = await vault.Store.SaveAsync(Material(Token1) with { Connection = new ConnectionId("con_3"), Tenant = new TenantId("other") }, 0, Token);

        await RefusedAsync(vault, mine with { Protected = sibling.Protected });
        await RefusedAsync(vault, mine with { Protected = foreign.Protected });
        await RefusedAsync(vault, mine with { Tenant = foreign.Tenant });
        await RefusedAsync(vault, mine with { Connection = sibling.Connection });
        await RefusedAsync(vault, mine with { Protected = With(mine, "access_token", mine.Protected["refresh_token"]) });

        await vault.Registry.WriteAsync(
            t =>
            {
                var key = t.Find(TenantKey.Collection, "other")!;
                t.Put(TenantKey.Collection, key with { Tenant = Tenant });
            },
            Token);
        await RefusedAsync(vault, mine);
    }

    [Fact]
    public async Task A_shredded_tenant_cannot_be_read_any_more_and_its_neighbour_can()
    {
        await using var vault = await Vault.StartAsync();
        var mine = await vault.Store.SaveAsync(Material(Token1), 0, Token);
        var other = await vault.Store.SaveAsync(Material(Token1) with { Connection = new ConnectionId("con_3"), Tenant = new TenantId("other") }, 0, Token);

        await vault.Get<TenantKeys>().ShredAsync(Tenant, Token);

        await RefusedAsync(vault, mine);
        Assert.Equal(Token1, (await vault.Store.RevealAsync(other, Token)).AccessToken?.Reveal());

        // Who rotates keys at that moment makes none for it.
        await Assert.ThrowsAsync<CredentialException>(async () => await vault.Store.ReencryptAsync(mine, Token));
        Assert.Null(await vault.Registry.FindAsync(TenantKey.Collection, Tenant.Value, Token));

        // A new key under the same name opens nothing of the old.
        await vault.Get<TenantKeys>().GetOrCreateAsync(Tenant, Token);
        await RefusedAsync(vault, mine);
    }

    [Fact]
    public async Task No_secret_stands_in_the_files_in_any_writing()
    {
        using var folder = new TemporaryFolder();
        await using (var vault = await Vault.StartAsync(folder))
        {
            for (var version = 0; version < 5; version++)
            {
                var saved = await vault.Store.SaveAsync(Material($"SOUSCANARY-access-{version}"), version, Token);
                Assert.DoesNotContain("SOUSCANARY", $"{saved} {await vault.Store.RevealAsync(saved, Token)} {Material(Token1)}", StringComparison.Ordinal);
            }
        }

        var needles = new[] { "SOUSCANARY", Vault.Key }.SelectMany(Writings).ToArray();
        foreach (var file in Directory.EnumerateFiles(folder.Path))
        {
            var bytes = File.ReadAllBytes(file);
            Assert.All(needles, needle => Assert.Equal(-1, bytes.AsSpan().IndexOf(needle)));
        }

        // The search is one that finds: the connection's id is there in the clear.
        Assert.NotEqual(-1, File.ReadAllBytes(folder.File("registry.db")).AsSpan().IndexOf("con_1"u8));
    }

    private static IEnumerable<byte[]> Writings(string secret)
    {
        yield return Encoding.UTF8.GetBytes(secret);
        yield return Encoding.Unicode.GetBytes(secret);
        foreach (var shift in (int[])[0, 1, 2])
        {
            // Base64 of the text at each of the three alignments, without the letters that its neighbours touch.
            var text = Convert.ToBase64String([.. new byte[shift], .. Encoding.UTF8.GetBytes(secret)]);
            yield return Encoding.UTF8.GetBytes(text[4..^4]);
        }
    }

    private static CredentialMaterial Material(string accessToken) => new()
    {
        Connection = Connection,
        Tenant = Tenant,
        Secrets = new CredentialSecrets
        {
            AccessToken = new Secret(accessToken),
            RefreshToken = new Secret("SOUSCANARY-refresh"),
            Fields = new Dictionary<string, Secret> { ["clientSecret"] = new("SOUSCANARY-field") },
        },
        ObtainedAt = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero),
        AccessTokenExpiresAt = new DateTimeOffset(2026, 3, 31, 0, 0, 0, TimeSpan.Zero),
        Scopes = ["ORDERS_READ"],
        TokenType = "bearer",
    };

    private static Dictionary<string, string> With(Credential credential, string name, string value) =>
        new(credential.Protected) { [name] = value };

    private static async Task RefusedAsync(Vault vault, Credential credential)
    {
        var refusal = await Assert.ThrowsAsync<CredentialException>(async () => await vault.Store.RevealAsync(credential, Token));
        Assert.DoesNotContain("SOUSCANARY", refusal.ToString(), StringComparison.Ordinal);
    }
}
