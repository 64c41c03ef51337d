using System.Collections.Concurrent;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Credentials.Rotation;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Storage;
using static Sous.Plugins.Host.Tests.Credentials.Rotation.RotatingVault;

namespace Sous.Plugins.Host.Tests.Credentials.Rotation;

/// <summary>Invariant 8: keys rotate online, nothing is unreadable at any moment, and what was begun is finished after a restart.</summary>
public sealed class DataRotationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_is_under_new_keys_afterwards_and_the_old_data_keys_are_gone()
    {
        await using (var vault = await Vault.StartAsync(_folder))
        {
            await SaveAsync(vault, 450, 3);
            await new StateSigner(new HostSecrets(vault.Registry, vault.Get<Microsoft.AspNetCore.DataProtection.IDataProtectionProvider>())).IssueAsync(new("square"), Token);
            var pages = await BeginRunAsync(vault, 0, 3);
            await pages.MapAsync(Mapped, "own-1");
            await pages.CommitAsync(Mapped, "a", "b");
            await pages.CommitAsync(Unmapped, "c");

            var rotation = await RotateAsync(vault);

            Assert.Equal((453, 453, 0), (rotation.Total, rotation.Done, rotation.Unreadable));
            Assert.Equal([rotation.RingKey], await RingKeysInUseAsync(vault));

            // 450 credentials of two fields, three data keys, the state's secret, canary and tally; of the old key nothing.
            Assert.Equal([(rotation.RingKey, true, 906), (vault.Ring.GetAllKeys().MinBy(key => key.CreationDate)?.KeyId, false, 0)],
                (await vault.Get<RingUse>().ListAsync(Token)).Select(key => ((Guid?)key.Id, key.Default, key.Refers)));
        }

        await using var again = await Vault.StartAsync(_folder);
        Assert.All(await again.Registry.ListAsync(TenantKey.Collection, "", Token), tenant => Assert.Equal([2], tenant.Keys.Select(key => key.Number)));
        Assert.Equal(2, again.Ring.GetAllKeys().Count);
        for (var number = 0; number < 450; number++)
        {
            Assert.Equal($"SOUSCANARY-{number}-1", await ReadAsync(again, number));
        }

        Assert.Equal([(2, "raw of a"), (2, "raw of b"), (2, "raw of c")], (await RawsAsync(again, _folder)).Order());
        var audit = await again.Registry.ListAsync(AuditEntry.Collection, "", Token);
        Assert.Equal([("host", "secrets.data_rotated"), ("key-1", "secrets.data_rotation_started")], audit.Select(entry => (entry.Actor, entry.Action)).Order());
    }

    [Fact]
    public async Task Nothing_is_unreadable_or_lost_while_others_read_and_save_and_record_intents()
    {
        const int Count = 300;
        await using var vault = await Vault.StartAsync(_folder);
        await SaveAsync(vault, Count, 3);
        var over = false;
        var saved = new ConcurrentDictionary<int, string>();
        var reads = 0;
        var reader = Task.Run(
            async () =>
            {
                for (var i = 0; !Volatile.Read(ref over); i = (i + 7) % Count, reads++)
                {
                    Assert.NotNull(await ReadAsync(vault, i));
                }
            },
            Token);
        var saver = Task.Run(
            async () =>
            {
                for (var i = 0; !Volatile.Read(ref over) && i < Count; i += 2)
                {
                    var read = (await vault.Store.FindAsync(Connection(i), Token))!;
                    Assert.Equal(new LeaseEnd(null), await vault.Store.TakeLeaseAsync(Connection(i), read.Version, new LeaseHolder("host-a", IsAlone: true), Token));
                    if (i % 4 == 0)
                    {
                        // A refresh in flight: its save expects the version that it read.
                        await vault.Store.SaveAsync(Material(i, 3, "2"), read.Version, Token);
                        saved[i] = "2";
                    }
                }
            },
            Token);

        for (var round = 0; round < 3; round++)
        {
            await RotateAsync(vault);
        }

        Volatile.Write(ref over, true);
        await Task.WhenAll(reader, saver);
        Assert.True(reads > 0 && !saved.IsEmpty);
        for (var number = 0; number < Count; number++)
        {
            Assert.Equal($"SOUSCANARY-{number}-{saved.GetValueOrDefault(number, "1")}", await ReadAsync(vault, number));
        }
    }

    [Fact]
    public async Task A_lease_and_the_version_stay_as_they_are()
    {
        await using var vault = await Vault.StartAsync(_folder);
        await SaveAsync(vault, 1, 1);
        await vault.Store.TakeLeaseAsync(Connection(0), 1, new LeaseHolder("host-a", IsAlone: true), Token);

        await RotateAsync(vault);

        var credential = await vault.Store.FindAsync(Connection(0), Token);
        Assert.Equal(("host-a", 1), (credential?.Lease?.HolderId, credential?.Version));
        Assert.Equal(2, (await vault.Store.SaveAsync(Material(0, 1, "2"), 1, Token)).Version);
    }

    [Fact]
    public async Task A_lease_taken_after_the_rewriter_read_stays_and_a_save_after_it_wins()
    {
        await using var vault = await Vault.StartAsync(_folder);
        await SaveAsync(vault, 2, 1);
        var tenant = (await vault.Registry.FindAsync(TenantKey.Collection, Tenant(0).Value, Token))!;
        await vault.Get<TenantKeys>().AdvanceAsync(tenant, _ => true, Token);
        var read = (await vault.Registry.ListAsync(Credential.Collection, "", Token)).ToArray();
        var anew = await Task.WhenAll(read.Select(async credential => await vault.Store.ReencryptAsync(credential, Token)));

        await vault.Store.TakeLeaseAsync(Connection(0), 1, new LeaseHolder("host-a", IsAlone: true), Token);
        await vault.Store.SaveAsync(Material(1, 1, "2"), 1, Token);
        foreach (var (before, after) in read.Zip(anew))
        {
            Assert.True(await vault.Registry.WriteAsync(transaction => CredentialStore.Replace(transaction, before, after), Token));
        }

        var first = await vault.Store.FindAsync(Connection(0), Token);
        Assert.Equal(("host-a", true), (first?.Lease?.HolderId, first?.Protected.Values.All(field => CredentialProtector.NumberOf(field) == 2)));
        Assert.Equal(["SOUSCANARY-0-1", "SOUSCANARY-1-2"], [await ReadAsync(vault, 0), await ReadAsync(vault, 1)]);
    }

    [Fact]
    public async Task A_credential_encrypted_just_before_its_tenant_got_another_key_is_saved_under_that()
    {
        await using var vault = await Vault.StartAsync(_folder);
        await SaveAsync(vault, 1, 1);
        using var go = new ManualResetEventSlim();
        var tenant = (await vault.Registry.FindAsync(TenantKey.Collection, Tenant(0).Value, Token))!;

        // The writer waits; behind it stands the next key, and behind that a save that still sees the former one.
        var waiting = vault.Registry.WriteAsync(_ => go.Wait(Token), Token);
        var advance = vault.Get<TenantKeys>().AdvanceAsync(tenant, _ => true, Token);
        var save = vault.Store.SaveAsync(Material(0, 1, "2"), 1, Token);
        go.Set();
        await Task.WhenAll(waiting, advance, save);

        Assert.All((await save).Protected.Values, field => Assert.Equal(2, CredentialProtector.NumberOf(field)));
        Assert.Equal("SOUSCANARY-0-2", await ReadAsync(vault, 0));
    }

    [Fact]
    public async Task A_page_encoded_before_and_a_record_moved_behind_its_back_bring_no_old_key_back()
    {
        await using (var vault = await Vault.StartAsync(_folder))
        {
            var pages = await BeginRunAsync(vault, 0, 1);
            await pages.MapAsync(Mapped, "own-1");
            await pages.CommitAsync(Unmapped, "held");
            var late = await pages.EncodeAsync(Mapped, "late");

            await RotateAsync(vault);
            await pages.CommitAsync(late);
            await pages.MapAsync(Unmapped, "own-2");
            await pages.MapAsync(Mapped, null);
        }

        await using var again = await Vault.StartAsync(_folder);
        Assert.Equal([(2, "raw of held"), (2, "raw of late"), (2, "raw of late")], (await RawsAsync(again, _folder)).Order());
    }

    [Fact]
    public async Task What_was_begun_is_finished_after_a_restart_and_asked_for_twice_it_is_one()
    {
        DataRotation begun;
        await using (var vault = await Vault.StartAsync(_folder))
        {
            await SaveAsync(vault, 10, 2);
            begun = await vault.Get<DataRotations>().StartAsync("key-1", Token);
            Assert.Equal(begun, await vault.Get<DataRotations>().StartAsync("key-2", Token));
        }

        await using var again = await Vault.StartAsync(_folder);
        var finished = await FinishAsync(again);

        Assert.Equal((begun.StartedAt, 10), (finished.StartedAt, finished.Done));
        Assert.Equal([finished.RingKey], await RingKeysInUseAsync(again));
        Assert.Equal("SOUSCANARY-7-1", await ReadAsync(again, 7));
    }

    [Fact]
    public async Task What_does_not_decrypt_is_counted_and_keeps_its_key_and_the_others_go_on()
    {
        await using var vault = await Vault.StartAsync(_folder);
        await SaveAsync(vault, 4, 2);
        await vault.Registry.WriteAsync(
            transaction =>
            {
                var row = transaction.Find(Credential.Collection, Connection(0).Value)!;
                transaction.Put(Credential.Collection, row with { Protected = new Dictionary<string, string>(row.Protected) { ["access_token"] = "1.AAAA" } });
            },
            Token);

        var rotation = await RotateAsync(vault);

        Assert.Equal((4, 1), (rotation.Done, rotation.Unreadable));
        Assert.Equal("SOUSCANARY-2-1", await ReadAsync(vault, 2));
        Assert.Equal([1, 2], (await vault.Registry.FindAsync(TenantKey.Collection, Tenant(0).Value, Token))!.Keys.Select(key => key.Number));
        Assert.Equal([2], (await vault.Registry.FindAsync(TenantKey.Collection, Tenant(1).Value, Token))!.Keys.Select(key => key.Number));
    }

    [Fact]
    public async Task A_successor_made_before_the_rotation_does_not_come_into_use_after_it()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(new DateTimeOffset(2031, 3, 1, 0, 0, 0, TimeSpan.Zero));
        await using var vault = await Vault.StartAsync(_folder, clock: clock);
        clock.Advance(KeyRotation.Lifetime - KeyRotation.Ahead);
        Assert.True(vault.Get<KeyRotation>().RotateIfDue());

        var rotation = await RotateAsync(vault);

        clock.Advance(KeyRotation.Ahead + TimeSpan.FromDays(1));
        Assert.Equal(rotation.RingKey, RingKeys.DefaultAt(clock.GetUtcNow(), vault.Ring.GetAllKeys())?.KeyId);
        Assert.True(vault.Get<KeyRotation>().RotateIfDue());
    }

    public void Dispose() => _folder.Dispose();
}
