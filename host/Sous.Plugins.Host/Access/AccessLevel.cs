namespace Sous.Plugins.Host.Access;

/// <summary>Which keys an endpoint takes.</summary>
internal enum AccessLevel
{
    /// <summary>Any; the endpoint itself asks <see cref="Caller"/> how far it reaches.</summary>
    Key,

    /// <summary>Those that reach the tenant in the route's <c>{tenant}</c>, which exists; for others it does not.</summary>
    Tenant,

    /// <summary>An admin's.</summary>
    Admin,

    /// <summary>An admin's, or none where the request comes from this machine itself.</summary>
    AdminOrThisMachine,
}
