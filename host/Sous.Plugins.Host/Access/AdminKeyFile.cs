using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Access;

/// <summary>The first start's admin key: written to data/admin-key (0600), never to a log.</summary>
internal static class AdminKeyFile
{
    /// <summary>Makes the first key where the registry has none. Returns its text if standard output is a terminal that may show it.</summary>
    public static async Task<Secret?> EnsureAsync(DataFolder folder, IRegistry registry, KeyStore keys, CancellationToken cancellationToken)
    {
        if ((await registry.ListAsync(ApiKey.Collection, "", cancellationToken)).Count > 0)
        {
            return null;
        }

        // The file first: a crash between the two leaves a key that opens nothing and is replaced, not a door without a key.
        var made = KeyText.Make();
        OwnerFile.Write(folder.File("admin-key"), made.Text + "\n");
        await keys.AddAsync(made, KeyScope.Admin, "first start", null, AuditEntry.Host, cancellationToken);
        return Console.IsOutputRedirected ? null : new Secret(made.Text);
    }
}
