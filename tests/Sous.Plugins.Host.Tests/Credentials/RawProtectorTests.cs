using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;

namespace Sous.Plugins.Host.Tests.Credentials;

public sealed class RawProtectorTests
{
    private static readonly ConnectionId Connection = new("con_1");
    private static readonly TenantId Tenant = new("blue-door");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_body_is_bound_to_its_tenant_connection_and_record()
    {
        await using var vault = await Vault.StartAsync();
        var raw = vault.Get<RawProtector>();
        var cipher = await raw.ForWritingAsync(Tenant, Connection, Token);
        byte[] body = [.. """{"id":"order"}"""u8];
        var stored = cipher.Protect(body, "sales/order");

        Assert.Equal(body.Length + RawCipher.Overhead, stored.Length);
        Assert.Equal(body, (await raw.ForReadingAsync(Tenant, Connection, Token)).Unprotect(stored, "sales/order"));
        Assert.Throws<CredentialException>(() => cipher.Unprotect(stored, "sales/other"));
        var sibling = await raw.ForWritingAsync(Tenant, new ConnectionId("con_2"), Token);
        Assert.Throws<CredentialException>(() => sibling.Unprotect(stored, "sales/order"));
        var foreign = await raw.ForWritingAsync(new TenantId("other"), Connection, Token);
        Assert.Throws<CredentialException>(() => foreign.Unprotect(stored, "sales/order"));
    }

    [Fact]
    public async Task Every_flipped_bit_and_every_cut_is_refused()
    {
        await using var vault = await Vault.StartAsync();
        var cipher = await vault.Get<RawProtector>().ForWritingAsync(Tenant, Connection, Token);
        var stored = cipher.Protect("body"u8, "sales/order");
        for (var bit = 0; bit < stored.Length * 8; bit++)
        {
            stored[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<CredentialException>(() => cipher.Unprotect(stored, "sales/order"));
            stored[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        for (var length = 0; length < stored.Length; length++)
        {
            Assert.Throws<CredentialException>(() => cipher.Unprotect(stored.AsSpan(0, length), "sales/order"));
        }
    }

    [Fact]
    public async Task A_long_record_name_an_empty_body_and_many_threads_do_no_harm()
    {
        await using var vault = await Vault.StartAsync();
        var cipher = await vault.Get<RawProtector>().ForWritingAsync(Tenant, Connection, Token);
        var name = new string('é', 2_000);
        Assert.Empty(cipher.Unprotect(cipher.Protect([], name), name));
        Parallel.For(0, 2_000, i =>
        {
            var body = BitConverter.GetBytes(i);
            Assert.Equal(body, cipher.Unprotect(cipher.Protect(body, $"sales/{i}"), $"sales/{i}"));
        });
    }

    [Fact]
    public async Task Protecting_allocates_nothing_beyond_its_output()
    {
        await using var vault = await Vault.StartAsync();
        var cipher = await vault.Get<RawProtector>().ForWritingAsync(Tenant, Connection, Token);
        var body = new byte[1_400];
        var output = new byte[body.Length + RawCipher.Overhead];
        cipher.Protect(body, "sales/order", output);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            cipher.Protect(body, "sales/order", output);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000);
    }
}
