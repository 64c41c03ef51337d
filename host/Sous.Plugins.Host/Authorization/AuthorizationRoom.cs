using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Authorization.Tokens;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Drivers;

namespace Sous.Plugins.Host.Authorization;

internal static class AuthorizationRoom
{
    /// <summary>Wants the registry, the change store, Credentials, Connections, Drivers and a clock. (ASP.NET has an AddAuthorization of its own.)</summary>
    public static IServiceCollection AddAuthorizationRoom(this IServiceCollection services)
    {
        services.AddOptions<AuthorizationOptions>().BindConfiguration("").ValidateOnStart();
        return services
            .AddSingleton<IValidateOptions<AuthorizationOptions>, AuthorizationOptionsValidator>()
            .AddSingleton<DriverLookup>(static provider => id => provider.GetRequiredService<DriverCatalog>().TryGet(id, out var driver) ? driver : null)
            .AddSingleton<PublicAddress>()
            .AddSingleton<ReturnAddress>()
            .AddSingleton<ClientRegistrations>()
            .AddSingleton<HostSecrets>()
            .AddSingleton<StateSigner>()
            .AddSingleton<SessionProtector>()
            .AddSingleton<SessionCookie>()
            .AddSingleton<TokenClient>()
            .AddSingleton<ConnectSessions>()
            .AddSingleton<AuthorizationStart>()
            .AddSingleton<AuthorizationCallback>()
            .AddSingleton<CodeRedemption>()
            .AddSingleton<GrantWriter>()
            .AddSingleton<HeldGrants>()
            .AddSingleton<GrantKeeper>()
            .AddSingleton<SessionEnds>()
            .AddSingleton(LeaseHolder.OfDataFolder())
            .AddSingleton<TokenPaces>()
            .AddSingleton<RefreshTroubles>()
            .AddSingleton<RefusedTokens>()
            .AddSingleton<LeasedRefresh>()
            .AddSingleton<RefreshMetrics>()
            .AddSingleton<CredentialRefresher>()
            .AddSingleton<ClientTokens>()
            .AddSingleton<ConnectionAuthorization>()
            .AddSingleton<DirectConnections>()
            .AddSingleton<Revocations>()
            .AddSingleton<GrantRevoker>()
            .AddSingleton<RefreshSchedule>()
            .AddSingleton<RecordsDeletion>(static provider => provider.GetRequiredService<IChangeStore>().DeleteConnectionAsync)
            .AddSingleton<ConnectPageEndpoint>()
            .AddSingleton<ReconnectLinks>()
            .AddSingleton<ReconnectPageEndpoint>()
            .AddSingleton<CallbackEndpoint>()
            .AddHostedAfterAdoption<SessionSweeper>()
            .AddHostedAfterAdoption<RevocationWorker>()
            .AddHostedAfterAdoption<RefreshSchedule>();
    }

    /// <summary>The owner's pages and the callback, which anybody may open.</summary>
    public static void MapOwnerPages(this IEndpointRouteBuilder routes)
    {
        ConnectPageEndpoint.Map(routes);
        ReconnectPageEndpoint.Map(routes);
        CallbackEndpoint.Map(routes);
    }
}
