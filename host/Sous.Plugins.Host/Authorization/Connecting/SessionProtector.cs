using Microsoft.AspNetCore.DataProtection;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>Encrypts what a connect session holds for a few minutes. Ciphertext moved to another session or tenant does not decrypt.</summary>
internal sealed class SessionProtector(IDataProtectionProvider protection)
{
    public string Protect(TenantId tenant, string session, string field, string text) => For(tenant, session, field).Protect(text);

    public string Unprotect(TenantId tenant, string session, string field, string ciphertext) => For(tenant, session, field).Unprotect(ciphertext);

    private IDataProtector For(TenantId tenant, string session, string field)
        => protection.CreateProtector("Sous.ConnectSession.v1", $"tenant:{tenant}", $"session:{session}", $"field:{field}");
}
