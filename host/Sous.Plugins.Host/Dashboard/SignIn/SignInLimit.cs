using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Dashboard.SignIn;

/// <summary>How often one client may try a key.</summary>
internal static class SignInLimit
{
    public const string Name = "dashboard_sign_in";
    public const int PerMinute = 10;

    public static RequestLimit Limit { get; } = new(Name, PerMinute, static context => ClientPartition.Of(context.Connection.RemoteIpAddress), static _ =>
        DashboardPages.SignIn(StatusCodes.Status429TooManyRequests, "Too many keys were tried. Please wait a minute."));
}
