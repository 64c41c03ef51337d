using System.Text;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Credentials;

/// <summary>Where a secret belongs. It decrypts nowhere else.</summary>
/// <param name="Kind">What it is a secret of: <c>connection</c> or <c>subscription</c>.</param>
/// <param name="Owner">The id of that.</param>
/// <param name="Name">access_token, refresh_token, api_key, or <c>fields.</c> and the name of a client-credential field; signing_key.</param>
internal readonly record struct CredentialField(TenantId Tenant, string Kind, string Owner, string Name)
{
    public CredentialField(TenantId tenant, ConnectionId connection, string name)
        : this(tenant, "connection", connection.Value, name)
    {
    }

    public byte[] AssociatedData() => Encoding.UTF8.GetBytes($"{Tenant}\0{Owner}\0{Name}");
}
