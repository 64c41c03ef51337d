using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Tests.Storage;

namespace Sous.Plugins.Host.Tests.Credentials;

public sealed class KeyRotationTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2031, 3, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task The_next_key_is_made_once_well_before_the_default_one_ends()
    {
        await using var vault = await Vault.StartAsync(clock: _clock);
        var rotation = vault.Get<KeyRotation>();
        var first = Assert.Single(vault.Ring.GetAllKeys());

        _clock.Advance(KeyRotation.Lifetime - KeyRotation.Ahead - TimeSpan.FromSeconds(1));
        Assert.False(rotation.RotateIfDue());
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(rotation.RotateIfDue());
        Assert.False(rotation.RotateIfDue());

        Assert.True(KeyRotation.Ahead >= TimeSpan.FromDays(14));
        var next = Assert.Single(vault.Ring.GetAllKeys(), k => k.KeyId != first.KeyId);
        Assert.Equal(first.ExpirationDate, next.ActivationDate);
        Assert.Equal(first.KeyId, RingKeys.DefaultAt(first.ExpirationDate.AddTicks(-1), vault.Ring.GetAllKeys())?.KeyId);
        Assert.Equal(next.KeyId, RingKeys.DefaultAt(first.ExpirationDate, vault.Ring.GetAllKeys())?.KeyId);
    }

    [Fact]
    public async Task Years_of_rotation_leave_the_first_secret_readable_and_the_gate_open()
    {
        using var folder = new TemporaryFolder();
        string kept;
        await using (var vault = await Vault.StartAsync(folder, clock: _clock))
        {
            kept = vault.Get<IDataProtectionProvider>().CreateProtector("test").Protect("kept");
        }

        for (var start = 0; start < 16; start++)
        {
            _clock.Advance(KeyRotation.Ahead);
            await using var vault = await Vault.StartAsync(folder, clock: _clock);
            vault.Get<KeyRotation>().RotateIfDue();
            Assert.Equal("kept", vault.Get<IDataProtectionProvider>().CreateProtector("test").Unprotect(kept));
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_key_made_now_protects_without_a_restart_once_the_ring_is_read_again()
    {
        await using var vault = await Vault.StartAsync(clock: _clock);
        var protector = vault.Get<IDataProtectionProvider>().CreateProtector("test");
        var before = protector.Protect([1, 2, 3]);
        _clock.Advance(TimeSpan.FromDays(1));

        vault.Get<KeyRotation>().RotateNow();

        // DataProtection reads the ring again in the background, set off by the first use after the change.
        byte[] after;
        do
        {
            await Task.Yield();
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            after = protector.Protect([1, 2, 3]);
        }
        while (KeyOf(before) == KeyOf(after));

        Assert.Equal([1, 2, 3], protector.Unprotect(before));
        Assert.Equal([1, 2, 3], protector.Unprotect(after));
    }

    // DataProtection's payload: 4 bytes of magic, then the key's id.
    private static Guid KeyOf(byte[] payload) => new(payload.AsSpan(4, 16));
}
