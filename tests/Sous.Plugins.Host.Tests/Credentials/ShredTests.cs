using System.Text;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Credentials.Rotation;
using Sous.Plugins.Host.Tests.Storage;
using static Sous.Plugins.Host.Tests.Credentials.Rotation.RotatingVault;

namespace Sous.Plugins.Host.Tests.Credentials;

/// <summary>Invariant 8: when a tenant is deleted its data keys are destroyed, in the files too, so whoever has files and master key reads nothing of it.</summary>
public sealed class ShredTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_wrapped_key_of_a_deleted_tenant_is_left_in_any_file()
    {
        const int Tenants = 200;
        int[] shredded = [10, 50, 90, 130, 170];
        List<string> gone = [];
        string stays;
        await using (var vault = await Vault.StartAsync(_folder))
        {
            await SaveAsync(vault, Tenants, Tenants);

            // Successors, as amid a rotation, all in one commit: it moves documents, and its journal is longer than those of the short ones after it.
            var keys = await vault.Registry.ListAsync(TenantKey.Collection, "", Token);
            await Task.WhenAll(keys.Select(tenant => vault.Get<TenantKeys>().AdvanceAsync(tenant, _ => true, Token)));
            foreach (var tenant in shredded)
            {
                gone.AddRange(await WrappedAsync(vault, tenant));
            }

            stays = (await WrappedAsync(vault, 0)).First();
            await Task.WhenAll(shredded.Select(tenant => vault.Get<TenantKeys>().ShredAsync(Tenant(tenant), Token)));
        }

        Assert.Equal(2 * shredded.Length, gone.Count);
        var files = Directory.EnumerateFiles(_folder.Path).ToDictionary(static file => Path.GetFileName(file), File.ReadAllBytes);
        Assert.Contains(files.Values, bytes => bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(stays)) >= 0);
        Assert.Equal([], gone.SelectMany(key => files.Where(file => file.Value.AsSpan().IndexOf(Encoding.UTF8.GetBytes(key)) >= 0).Select(static file => file.Key)));
    }

    [Fact]
    public async Task A_tenant_deleted_while_its_keys_rotate_is_gone_for_good_and_its_neighbours_are_not()
    {
        await using (var vault = await Vault.StartAsync(_folder))
        {
            await SaveAsync(vault, 600, 3);
            var pages = await BeginRunAsync(vault, 0, 3);
            await pages.MapAsync(Mapped, "own-1");
            await pages.CommitAsync(Mapped, "a", "b");
            var rotating = RotateAsync(vault);
            while ((await WrappedAsync(vault, 0)).Count() == 1)
            {
                await Task.Yield();
            }

            await vault.Get<TenantKeys>().ShredAsync(Tenant(0), Token);
            await rotating;
        }

        await using var again = await Vault.StartAsync(_folder);
        Assert.Null(await again.Registry.FindAsync(TenantKey.Collection, Tenant(0).Value, Token));
        for (var number = 0; number < 600; number++)
        {
            if (number % 3 == 0)
            {
                await Assert.ThrowsAsync<CredentialException>(() => ReadAsync(again, number));
            }
            else
            {
                Assert.Equal($"SOUSCANARY-{number}-1", await ReadAsync(again, number));
            }
        }

        await Assert.ThrowsAsync<CredentialException>(() => RawsAsync(again, _folder));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<IEnumerable<string>> WrappedAsync(Vault vault, int tenant) =>
        (await vault.Registry.FindAsync(TenantKey.Collection, Tenant(tenant).Value, Token))!.Keys.Select(static key => key.Wrapped);
}
