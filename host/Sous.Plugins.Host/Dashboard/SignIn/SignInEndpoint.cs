using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Dashboard.SignIn;

/// <summary>The way in, with a key of the API, and out.</summary>
internal static partial class SignInEndpoint
{
    private static readonly Uri s_start = new("/", UriKind.Relative);

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapMethods(DashboardPages.SignInAddress.OriginalString, OwnerPages.Reading, Ask).AllowAnonymous().ServesUnadopted();
        pages.MapPost(DashboardPages.SignInAddress.OriginalString, SignInAsync).AllowAnonymous().RequireRateLimiting(SignInLimit.Name).ServesUnadopted();
        pages.MapPost("/dashboard/sign-out", SignOut).ServesUnadopted();
    }

    private static IResult Ask(Caller? caller) => caller is null ? DashboardPages.SignIn(StatusCodes.Status200OK) : new SeeOther(s_start);

    private static async Task<IResult> SignInAsync(HttpContext context, DashboardSessions sessions, IRegistry registry, TimeProvider clock, ILogger<DashboardSessions> logger)
    {
        var cancellationToken = context.RequestAborted;
        var key = (await FormFields.ReadAsync(context.Request, cancellationToken))["key"].ToString().Trim();
        if (await sessions.SignInAsync(context.Response, key, cancellationToken) is not { } caller)
        {
            Log.Refused(logger, context.Connection.RemoteIpAddress);
            return DashboardPages.SignIn(StatusCodes.Status401Unauthorized, "That is no key that opens anything here. It may be mistyped, or revoked.");
        }

        // The request began as nobody's.
        var entry = AuditEntry.Make(clock.GetUtcNow(), caller.KeyId, "dashboard.signed_in", caller.Scope.Tenant) with { Witness = AuditWitness.Of(AuditEntry.Nobody) };
        await registry.AppendAsync(entry, cancellationToken);
        return new SeeOther(s_start);
    }

    private static SeeOther SignOut(HttpContext context, DashboardSessions sessions)
    {
        sessions.SignOut(context);
        return new SeeOther(s_start);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 3500, Level = LogLevel.Warning, Message = "A key that opens nothing was tried at the dashboard, from {Client}.")]
        public static partial void Refused(ILogger logger, System.Net.IPAddress? client);
    }
}
