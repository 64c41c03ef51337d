using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Sous.Plugins.Testing;

/// <summary>Shows the owner who asks for what; the first button allows it, the other does not.</summary>
internal static class ConsentPage
{
    public static void Map(IEndpointRouteBuilder routes, Func<string> account)
    {
        routes.MapGet("/authorize", context => ShowAsync(context, account()));
        routes.MapPost("/authorize", (HttpContext context) => context.Request.Form["decision"] == "deny"
            ? Results.Forbid(authenticationSchemes: [OpenIddictServerAspNetCoreDefaults.AuthenticationScheme])
            : Allow(context, account()));
    }

    private static Task ShowAsync(HttpContext context, string account)
    {
        var fields = context.Request.Query.Select(static field => $"""<input type="hidden" name="{Encode(field.Key)}" value="{Encode(field.Value.ToString())}">""");
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.WriteAsync(
            $"""<h1>{account}: allow {Encode(Request(context).ClientId)}?</h1><form method="post" action="/authorize">{string.Concat(fields)}<button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button></form>""");
    }

    private static IResult Allow(HttpContext context, string account)
    {
        var identity = new ClaimsIdentity(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme, Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, account).SetScopes(Request(context).GetScopes());
        identity.SetDestinations(static _ => [Destinations.AccessToken]);
        return Results.SignIn(new ClaimsPrincipal(identity), authenticationScheme: OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
    }

    private static string? Encode(string? text) => WebUtility.HtmlEncode(text);

    private static OpenIddictRequest Request(HttpContext context)
        => context.GetOpenIddictServerRequest() ?? throw new InvalidOperationException("OpenIddict did not read the request.");
}
